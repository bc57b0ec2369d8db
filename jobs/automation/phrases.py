"""What incidents say of automation, in the languages that people read."""

from __future__ import annotations

from collections.abc import Mapping

from domain.watch import LocalText
from jobs.automation.guards import Guard

WAITS = LocalText(
    "The script {script} may help, and waits for a person to agree: `forewarn automation approve {correlation}`",
    "腳本 {script} 可能有助於改善，待人員核准：`forewarn automation approve {correlation}`",
)
ASKED = LocalText(
    "a run of {script} by the rule {rule}, for the finding {finding} of {watch}",
    "依規則 {rule} 執行 {script}，對象為 {watch} 的發現 {finding}",
)
ASKED_DRY = LocalText(
    "a dry run of {script} by the rule {rule}, for the finding {finding} of {watch}",
    "依規則 {rule} 試跑 {script}，對象為 {watch} 的發現 {finding}",
)
STARTED = LocalText(
    "The script {script} was asked for ({correlation}).",
    "已要求執行腳本 {script}（{correlation}）。",
)
STARTED_DRY = LocalText(
    "A dry run of the script {script} was asked for ({correlation}); it changes nothing.",
    "已要求試跑腳本 {script}（{correlation}），不會變更任何內容。",
)
WITHDRAWN = LocalText(
    "The script {script} was withdrawn before it was started ({correlation}): {why}.",
    "腳本 {script} 尚未執行即已撤回（{correlation}）：{why}。",
)
# What the guards that are asked again before a start leaves say of it: the audit log has their own words.
WHY_WITHDRAWN: Mapping[Guard, LocalText] = {
    Guard.KILL_SWITCH: LocalText("automation is stopped", "自動化已停止"),
    Guard.REPLAY: LocalText("it could not be sent within an hour", "未能於一小時內送出"),
    Guard.SCRIPT_LIST: LocalText("the configuration does not allow it any more", "設定已不再允許執行"),
    Guard.ENTITY_LIST: LocalText("the configuration does not allow it there any more", "設定已不再允許於此對象執行"),
    Guard.HOURS: LocalText("the hours in which scripts may be started are over", "已過允許執行的時段"),
    Guard.MUTED: LocalText("what it is for was muted or silenced meanwhile", "其對象已設為靜音"),
    Guard.ACKNOWLEDGED: LocalText("a person has acknowledged the incident meanwhile", "已有人員接手此事件單"),
}
HELPED = LocalText(
    "After the script {script} ({correlation}), the expected date moved away by {days} days.",
    "執行腳本 {script}（{correlation}）之後，預期日期延後 {days} 天。",
)
HELPED_AT_LEAST = LocalText(
    "After the script {script} ({correlation}), the expected date moved away by at least {days} days.",
    "執行腳本 {script}（{correlation}）之後，預期日期至少延後 {days} 天。",
)
NO_EFFECT = LocalText(
    "The script {script} ({correlation}) did not help: the expected date moved by {days} days.",
    "腳本 {script}（{correlation}）未見成效：預期日期變動 {days} 天。",
)
FIXED = LocalText(
    "No script was involved: the expected date moved away by {days} days.",
    "未經任何腳本處理：預期日期延後 {days} 天。",
)
FIXED_AT_LEAST = LocalText(
    "No script was involved: the expected date moved away by at least {days} days.",
    "未經任何腳本處理：預期日期至少延後 {days} 天。",
)

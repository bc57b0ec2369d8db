"""What incidents say of automation, in the languages that people read."""

from __future__ import annotations

from domain.watch import LocalText

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

"""What incidents say around the sentences of their findings, in the languages that people read."""

from __future__ import annotations

from domain.watch import LocalText

AND_MORE = LocalText("{title} (and {count} more)", "{title}（以及另外 {count} 項）")
STORM_TITLE = LocalText("{count} more capacity findings of {job}", "{job}：另有 {count} 項容量預警")
STORM_TEXT = LocalText(
    "{total} findings opened in one run, more than may have incidents of their own. Told in other incidents: {others}. "
    "These are the other {count}, the most urgent first. The report of the run has all of them.",
    "單次執行新增 {total} 項預警，超過可個別建立事件單的數量。已由其他事件單告知：{others} 項；"
    "以下為其餘 {count} 項，依緊急程度排列；完整清單請見該次執行的報告。",
)
STORM_ALONE = LocalText(
    "{count} findings opened in one run, more than may have incidents of their own: these, the most urgent first. "
    "The report of the run has all of them.",
    "單次執行新增 {count} 項預警，超過可個別建立事件單的數量。以下依緊急程度排列；完整清單請見該次執行的報告。",
)
STORM_GOES_ON = LocalText(
    "{count} findings stand here that opened in runs with more of them than may have incidents of their own, the most "
    "urgent first. The report of the run has all of them.",
    "單次執行的預警超過可個別建立事件單的數量，其中 {count} 項列於此處，依緊急程度排列；完整清單請見該次執行的報告。",
)
ALSO = LocalText("Also in this incident:", "此事件單另包含：")
NOT_SHOWN = LocalText("and {count} more", "以及另外 {count} 項")
REPORTED_BY = LocalText("Forewarn sees this coming too:", "Forewarn 亦預見此狀況：")
CLEARED = LocalText("Cleared by Forewarn: {reason}.", "Forewarn 已確認解除：{reason}。")
BETWEEN_REASONS = LocalText("; ", "；")
CLEAN = LocalText(
    "{chance} within {days} is below {needed}; clean runs in a row: {runs}",
    "{days}內發生的機率為 {chance}，低於 {needed}；連續 {runs} 次執行均未見異常",
)
GONE = LocalText("not reported since {date}: it is gone", "自 {date} 起不再有回報，視為已不存在")
UNWATCHED = LocalText("the job has no watch {watch} any more", "此工作已不再包含監看項目 {watch}")
AGED = LocalText(
    "older than {age}: where trouble goes on, another incident tells it",
    "已超過 {age}；若問題仍在，將另立事件單告知",
)
NONE_LEFT = LocalText("none of its findings stands any more", "其中的預警均已不再成立")
EVIDENCE = LocalText("Evidence", "佐證")

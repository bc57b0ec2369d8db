"""What incidents say around the sentences of their findings, in the languages that people read."""

from __future__ import annotations

from domain.watch import LocalText

AND_MORE = LocalText("{title} (and {count} more)", "{title}（以及另外 {count} 項）")
STORM_TITLE = LocalText("{count} more capacity findings of {job}", "{job}：另有 {count} 項容量預警")
STORM_TEXT = LocalText(
    "{count} findings opened in one run, more than may have incidents of their own. The most urgent ones have; "
    "these are the others, the most urgent first. The report of the run has all of them.",
    "單次執行新增 {count} 項預警，超過可個別建立事件單的數量。最緊急者已各自建立事件單，"
    "以下為其餘項目，依緊急程度排列；完整清單請見該次執行的報告。",
)
ALSO = LocalText("Also in this incident:", "此事件單另包含：")
NOT_SHOWN = LocalText("and {count} more", "以及另外 {count} 項")
REPORTED_BY = LocalText("Forewarn sees this coming too:", "Forewarn 亦預見此狀況：")
CLEARED = LocalText("Cleared by Forewarn: {reason}.", "Forewarn 已確認解除：{reason}。")
EVIDENCE = LocalText("Evidence", "佐證")

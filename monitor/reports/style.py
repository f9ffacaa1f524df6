"""The look of a summary page. Every rule is below ``.report``; sides are logical, so it mirrors by itself.

Contrast of text is at least 4.5 to 1 and of bars at least 3 to 1 in both schemes, and nothing is told by colour alone.
"""

CSS = """\
.report { max-inline-size: 46rem; margin-inline: auto; padding: 1rem; line-height: 1.5;
  font-family: system-ui, "Noto Sans", "Noto Sans Arabic", "Segoe UI", Tahoma, sans-serif;
  color: #1a1a1a; background: #fff; }
.report h1 { font-size: 1.6rem; margin-block: 0 .25rem; }
.report h2 { font-size: 1.15rem; margin-block: 1.6rem .4rem; padding-block-start: .4rem;
  border-block-start: 1px solid #c4c4c4; }
.report p { margin-block: .4rem; }
.report .lead { font-weight: 600; }
.report h1 + .lead { font-weight: 400; color: #4a4a4a; }
.report .note { color: #4a4a4a; font-size: .9rem; overflow-wrap: anywhere; }
.report .warning { border-inline-start: .3rem solid #a33b00; padding: .4rem .7rem; background: #fff4ec; }
.report ul, .report ol { margin-block: .4rem; padding-inline-start: 1.4rem; }
.report li { margin-block: .45rem; }
.report ul { list-style: disc; }
.report ol { list-style: decimal; }
.report a { color: #0b4f9c; }
.report a .number { text-decoration: underline; text-decoration-thickness: 1px; }
.report q { font-style: normal; unicode-bidi: isolate; }
.report .number { white-space: nowrap; }
.report .table { overflow-x: auto; margin-block: .7rem; }
.report table { border-collapse: collapse; inline-size: 100%; font-size: .95rem; }
.report caption { text-align: start; font-weight: 600; padding-block: .2rem; }
.report th, .report td { text-align: start; padding: .2rem .6rem .2rem 0; vertical-align: top;
  border-block-end: 1px solid #e2e2e2; font-variant-numeric: tabular-nums; }
.report [dir="rtl"] th, .report[dir="rtl"] th, .report[dir="rtl"] td { padding: .2rem 0 .2rem .6rem; }
.report tbody th { font-weight: 400; }
.report .share { inline-size: 7rem; vertical-align: middle; }
.report .share svg { display: block; inline-size: 100%; block-size: .7rem; }
.report .share rect { fill: #4d6f8f; }
.report[dir="rtl"] .share svg { transform: scaleX(-1); }
.report figure.chart { margin: .7rem 0; }
.report figcaption { font-weight: 600; }
.report .chart img { display: block; max-inline-size: 100%; block-size: auto; background: #fff; padding: .3rem; }
.report .chart details { font-size: .95rem; }
.report hr.page { border: 0; border-block-start: 3px double #8a8a8a; margin-block: 2rem; }
.report dt { margin-block-start: .5rem; }
.report dd { margin-inline-start: 1rem; }
@media (prefers-color-scheme: dark) {
  .report { color: #ececec; background: #161616; }
  .report .note, .report h1 + .lead { color: #bdbdbd; }
  .report .warning { background: #3a2114; border-color: #ff9d66; }
  .report a { color: #8fc1ff; }
  .report .share rect { fill: #8fb3d1; }
  .report h2, .report th, .report td { border-color: #444; }
}
@media print {
  .report { max-inline-size: none; padding: 0; font-size: 9.5pt; color: #000; background: #fff; }
  .report hr.page { break-after: page; border: 0; margin: 0; }
  .report details { display: none; }
  .report .chart img { padding: 0; }
  .report .table, .report li { break-inside: avoid; }
}
"""

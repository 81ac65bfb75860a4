"""The page's own style: a measured column of text, wide figures, quiet tables; it prints well."""

STYLE = """
:root { --ink: #22262b; --soft: #6b6f76; --rule: #dcd8cf; --paper: #fdfcfa; --card: #ffffff;
  --good: #00694c; --good-back: #e3f2ec; --far: #9c4400; --far-back: #fbeade; --near: #1f5c8f; --near-back: #e4eff8; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5; font-size: 15px;
  font-family: Inter, "Segoe UI", "Helvetica Neue", Helvetica, Arial, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1184px; margin: 0 auto; padding: 44px 32px 64px; }
h1, h2 { font-family: Charter, "Bitstream Charter", "Iowan Old Style", Georgia, "Liberation Serif", serif;
  font-weight: 600; line-height: 1.2; overflow-wrap: anywhere; }
h1 { font-size: 34px; margin: 0 0 6px; letter-spacing: -0.01em; }
h2 { font-size: 22px; margin: 0 0 4px; }
.stamp { color: var(--soft); font-size: 13px; margin: 0 0 22px; }
.summary { font-size: 17px; line-height: 1.6; max-width: 860px; margin: 0; overflow-wrap: anywhere; }
section { border-top: 1px solid var(--rule); margin-top: 38px; padding-top: 22px; }
.caption { color: var(--soft); font-size: 14px; max-width: 860px; margin: 0 0 16px; }
.finding { max-width: 860px; margin: 0 0 4px; }
.set { margin: 0 0 20px; }
.set-head { margin: 0 0 8px; font-weight: 600; overflow-wrap: anywhere; }
.set-head small { font-weight: 400; color: var(--soft); margin-left: 10px; font-size: 13px; }
.gallery { display: grid; align-items: start; grid-template-columns: repeat(8, minmax(0, 1fr)); gap: 12px 13.7px;
  max-width: 1120px; }
.sample { width: 100%; display: block; border: 0; outline: 1px solid var(--rule); }
.crisp { image-rendering: pixelated; }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 420px)); gap: 14px; margin: 0 0 20px; }
figure { margin: 0; } .enlarge { cursor: zoom-in; } .enlarge input { position: absolute; opacity: 0; }
.enlarge input:focus-visible + img { outline: 2px solid var(--ink); }
.enlarge input:checked + img { position: fixed; inset: 0; width: 100vw; height: 100vh; padding: 2vmin;
  object-fit: contain; background: var(--paper); z-index: 9; cursor: zoom-out; }
.scale { color: var(--soft); font-size: 12px; } .scale i { display: block; height: 3px; margin: 5px 0 2px;
  background: var(--ink); }
.key { white-space: normal; overflow-wrap: anywhere; }
.key i { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 7px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; background: var(--card); }
th, td { text-align: left; vertical-align: top; padding: 9px 14px; font-weight: 400;
  border-bottom: 1px solid var(--rule); }
thead th { font-weight: 600; border-bottom: 1.5px solid var(--ink); vertical-align: bottom; }
.num { text-align: right; white-space: nowrap; }
td b { font-weight: 600; white-space: nowrap; }
td small, th small { display: block; color: var(--soft); font-size: 12px; font-weight: 400; }
.errors tbody th { font-size: 16px; white-space: nowrap; }
.meaning { white-space: normal; max-width: 230px; }
.scroll th:first-child { position: sticky; left: 0; background: var(--card); }
.after { margin-top: 18px; }
.errors .fraction th { font-size: 14px; }
.scroll .fraction td, .scroll .fraction th { border-bottom: 1.5px solid var(--rule); background: #faf8f3; }
.verdict { display: block; width: fit-content; margin: 3px 0 2px auto; padding: 1px 8px; border-radius: 9px;
  font-size: 12px; }
.mark { padding: 1px 6px; border-radius: 8px; }
.distances .band td { color: var(--soft); background: #faf8f3; }
.distances tr[data-set] td { border-bottom: 0; padding-bottom: 3px; }
.distances .who { min-width: 110px; max-width: 190px; } .distances .said { min-width: 150px; }
.distances tbody th { min-width: 100px; } .distances .said .verdict { margin-top: 0; }
.distances .band td, .distances .band th { border-top: 1px solid var(--rule); border-bottom: 0; }
sup, sub { line-height: 0; font-size: 72%; }
.inside { color: var(--good); background: var(--good-back); }
.below { color: var(--near); background: var(--near-back); }
.above { color: var(--far); background: var(--far-back); }
.unknown { color: var(--soft); background: #f1efe9; }
.trials td, .trials th { padding: 5px 12px; white-space: nowrap; }
.trials tbody tr:hover { background: #faf8f3; }
.protocol th { min-width: 96px; }
.protocol th, .timings th { color: var(--soft); }
.timings { width: auto; min-width: 420px; }
.notes { margin: 14px 0 0; padding-left: 20px; max-width: 860px; overflow-wrap: anywhere; }
h3 { font-size: 14px; margin: 18px 0 2px; }
details { margin-top: 8px; } summary { cursor: pointer; color: var(--soft); padding: 6px 0; }
@media (max-width: 760px) { main { padding: 24px 16px; } td, th { padding: 7px 9px; } .meaning { max-width: 120px; }
  .gallery { grid-template-columns: repeat(4, minmax(0, 1fr)); } }
.contents { margin: 18px 0 0; font-size: 13px; display: flex; flex-wrap: wrap; gap: 2px 16px; }
.contents a { color: var(--soft); text-decoration: none; border-bottom: 1px solid var(--rule); }
.contents a:hover { color: var(--ink); }
@media print { .contents { display: none; } .scroll { overflow: visible; }
  body { background: none; } main { padding: 0; max-width: none; }
  .gallery { grid-template-columns: repeat(8, minmax(0, 1fr)); }
  [data-root-id] { break-inside: avoid; }
  h2, h3, .caption { break-after: avoid; } tr { break-inside: avoid; } }
"""

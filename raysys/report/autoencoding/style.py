"""What the page about autoencoders adds to the stylesheet: images beside each other, best values, small bars."""

STYLE = """<style>
.beside { display: grid; gap: 8px 10px; align-items: start; margin: 18px 0 10px; font-size: 13px; }
.beside b { font-weight: 600; overflow-wrap: anywhere; }
.beside .what { color: var(--soft); } .beside .what small { display: block; font-size: 11px; line-height: 1.35; }
.scale { display: flex; align-items: center; gap: 4px; color: var(--soft); font-size: 11px; white-space: nowrap;
  margin-top: 3px; }
.ramp { flex: 1; min-width: 20px; height: 8px; outline: 1px solid var(--rule); }
.best { background: var(--good-back); font-weight: 600; }
.best small { font-weight: 400; }
.reached { color: var(--good); } .standings td small.reached { color: var(--good); }
.goals td, .goals th { color: var(--soft); background: #faf8f3; font-size: 12px; }
.standings td, .standings th, .measures td, .measures th { padding: 5px 9px; }
.measures { font-size: 13px; } .measures .meaning { max-width: none; } .measures tbody th { min-width: 230px; }
.said .key { white-space: nowrap; } .said td, .said th { padding: 5px 12px; }
.settings .own td { background: #faf8f3; } .settings td, .settings th { padding: 5px 12px; }
.weigh { width: 40%; vertical-align: middle; }
.weigh i { display: block; height: 9px; background: #0072b2; } .weigh .chance { background: #b9b5ac; }
@media print { .beside { break-inside: avoid; } }
</style>"""

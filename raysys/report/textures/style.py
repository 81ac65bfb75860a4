"""What the page about textures adds to the stylesheet: pictures in a grid, wide tables of few digits."""

STYLE = """<style>
.textures { display: grid; gap: 22px 26px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr)); }
.textures .both { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; align-items: start; }
.textures .sample { max-height: none; }
.textures p { margin: 0 0 6px; overflow-wrap: anywhere; } .textures small { color: var(--soft); }
.scores td, .scores th { padding: 6px 12px; } .scores tbody th { min-width: 110px; overflow-wrap: anywhere; }
.scores thead th { white-space: normal; } .scores thead small { min-width: 70px; }
.scores .bar td, .scores .bar th { color: var(--soft); background: #faf8f3; }
</style>"""

/**
 * The one stylesheet, inline in every page and named in the CSP by its hash.
 *
 * A page is a sheet of an account book: pale green ledger paper, a red double rule, marks in the margin to its left, entries to its right,
 * ruled lines that cross it, and a double line above the total, which here is the decision. On a phone the margin holds the ticks and the
 * client's logo; on a desk there is room left of it for who asks.
 */
export const STYLE = `
:root{
color-scheme:light dark;
--paper:#edf3e9;--field:#fbfdf9;--ink:#14231a;--soft:#45584c;--line:#c2d3c1;--edge:#6a7f71;
--rule:#c2554a;--accent:#0c5a3e;--accent-press:#073f2b;--on-accent:#fff;--bad:#8f1f17;--bad-paper:#f6e0d8;--focus:#1d4ed8;
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"PingFang SC","Hiragino Sans GB","Microsoft YaHei","Noto Sans SC","Noto Sans CJK SC",sans-serif;
--serif:"Iowan Old Style","Palatino Linotype",Palatino,"URW Palladio L",P052,Charter,Georgia,"Source Serif 4","Noto Serif","Liberation Serif",serif;
--mono:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;
--gutter:3.5rem;--indent:1.125rem;--bleed:1.25rem
}
@media (prefers-color-scheme:dark){:root{
--paper:#101914;--field:#17221b;--ink:#e5ede4;--soft:#a9b9ac;--line:#2b3a30;--edge:#74897b;
--rule:#a8483e;--accent:#86d3ab;--accent-press:#a9e4c5;--on-accent:#06170e;--bad:#ffb3a6;--bad-paper:#351a15;--focus:#9dbfff
}}
:root:lang(zh){--serif:"Iowan Old Style","Palatino Linotype",Palatino,Georgia,"Songti SC","Noto Serif SC","Noto Serif CJK SC","Source Han Serif SC","Microsoft YaHei",serif}
*,::before,::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 var(--sans);overflow-wrap:anywhere;overflow-x:clip}
h1,p,ul,dl,dd,fieldset,legend{margin:0;padding:0;border:0}
ul{list-style:none}
.sheet{position:relative;display:grid;grid-template-columns:var(--gutter) minmax(0,1fr);grid-template-rows:auto 1fr auto;min-height:100vh;min-height:100dvh;padding-right:var(--bleed)}
.sheet::before{content:"";position:absolute;z-index:1;pointer-events:none;top:0;bottom:0;left:var(--gutter);width:5px;margin-left:-5px;border:solid var(--rule);border-width:0 1px}
header,main,footer{grid-column:2;min-width:0;padding-left:var(--indent)}
header{position:relative;min-height:3.5rem;padding-top:1.25rem}
main{padding-bottom:3rem}
footer{padding-block:1.25rem 1.75rem}
.logo{position:absolute;top:1.125rem;left:calc(-1*var(--gutter) + .5625rem);width:2.125rem;height:2.125rem;object-fit:contain;border-radius:.25rem}
.logo::after{content:attr(data-initial);position:absolute;inset:0;background:var(--paper)}
.initial,.logo::after{display:grid;place-items:center;border:1px solid var(--edge);border-radius:.25rem;font:600 1.125rem/1 var(--serif)}
.initial::after{content:none}
.client{font-weight:600}
.site{font-size:.875rem}
.site a{display:inline-block;padding-block:.75rem;margin-block:-.75rem}
.brand{display:inline-flex;align-items:center;position:relative;color:var(--soft);font-size:.9375rem;font-weight:600}
.brand svg{position:absolute;left:calc(-1*var(--gutter) - var(--indent) + .875rem);width:1.5rem;height:1.5rem;fill:none;stroke:currentColor;stroke-width:1.5}
.brand .rule{stroke:var(--rule)}
.head{position:relative;padding-block:1.5rem 1.5rem}
h1{font:600 clamp(1.75rem,1.5rem + 1.1vw,2.375rem)/1.2 var(--serif);letter-spacing:-.012em;text-wrap:balance}
:lang(zh) h1{letter-spacing:0;line-height:1.3;word-break:keep-all}
.lede{font-size:1.0625rem;text-wrap:pretty}
.head .lede,.account{margin-top:.75rem}
.account{color:var(--soft)}
.account b{color:var(--ink)}
.mark{position:absolute;top:1.65rem;left:calc(-1*var(--gutter) - var(--indent) + .75rem);fill:none;stroke:var(--accent);stroke-width:3}
.mark.stop{stroke:var(--bad)}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:.2em}
a:hover{text-decoration-thickness:2px}
.scopes li,.facts div,.problem,.fields,.note,.total{position:relative}
.scopes li::before,.facts div::before,.fields::before,.note::before,.total::before{content:"";position:absolute;top:0;left:calc(-1*var(--gutter) - var(--indent));right:calc(-1*var(--bleed));border-top:1px solid var(--line);pointer-events:none}
.fields,.note{padding-top:1.75rem}
.field+.field{margin-top:1.25rem}
.field label{display:block;margin-bottom:.375rem;font-weight:600}
.field input{display:block;width:100%;min-height:3rem;padding:.5rem .75rem;border:1.5px solid var(--edge);border-radius:.25rem;background:var(--field);color:inherit;font:inherit}
.field input[aria-invalid]{border-color:var(--bad)}
.problem{margin-inline:calc(-1*var(--gutter) - var(--indent)) calc(-1*var(--bleed));padding:1rem var(--bleed) 1rem calc(var(--gutter) + var(--indent));background:var(--bad-paper);color:var(--bad);font-weight:600}
.problem::before{content:"!";content:"!"/"";position:absolute;left:0;width:calc(var(--gutter) - 5px);text-align:center;font:700 1.375rem/1.65rem var(--serif)}
fieldset{min-width:0}
legend{padding-bottom:1rem}
.scopes label{display:grid;gap:0 1rem;min-height:3rem;padding-block:.75rem;margin-left:calc(-1*var(--gutter) - var(--indent));padding-left:calc(var(--gutter) + var(--indent));align-content:center;cursor:pointer}
.scopes label:has(:disabled){cursor:default}
.scopes [type=checkbox]{appearance:none;position:absolute;top:.75rem;left:calc(-1*var(--gutter) - var(--indent) + .875rem);width:1.5rem;height:1.5rem;margin:0;border:1.5px solid var(--edge);border-radius:.1875rem;background:var(--field);cursor:inherit}
.scopes [type=checkbox]::before{content:"";position:absolute;left:.3125rem;top:-.375rem;width:.6875rem;height:1.375rem;border:solid var(--accent);border-width:0 .1875rem .1875rem 0;transform:rotate(40deg) scale(0);transform-origin:20% 90%}
.scopes [type=checkbox]:checked::before{transform:rotate(40deg)}
.scopes [type=checkbox]:disabled{border-color:transparent;background:none}
.scopes code{color:var(--soft);font:.8125rem/1.5 var(--mono)}
.text em{display:inline-block;padding:0 .4375rem;border:1px solid currentColor;border-radius:1rem;font:600 .75rem/1.35rem var(--sans);color:var(--soft);vertical-align:.08em;white-space:nowrap}
.text em.new{color:var(--accent)}
.small-print{padding-block:1rem .75rem;color:var(--soft);font-size:.875rem}
.small-print p+p{margin-top:.375rem}
.documents{display:flex;flex-wrap:wrap;column-gap:1.5rem;font-size:.875rem}
.documents a{display:inline-flex;align-items:center;min-height:2.75rem}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;}
.field~.actions,.total{padding-top:1.5rem}
.total::before{height:5px;border:solid var(--edge);border-width:1px 0}
button{flex:1 1 8rem;min-height:3rem;padding:.625rem 1.25rem;border:1.5px solid var(--accent);border-radius:.25rem;background:var(--accent);color:var(--on-accent);font:600 1rem/1.35 var(--sans);cursor:pointer}
button:hover{background:var(--accent-press);border-color:var(--accent-press)}
button.quiet{background:var(--field);border-color:var(--edge);color:var(--ink)}
button.quiet:hover{border-color:var(--ink)}
.returns-to{margin-top:.875rem;color:var(--soft);font-size:.875rem}
.facts div{padding-block:.75rem}
dt{color:var(--soft);font-size:.875rem}
dd code{font:.9375rem/1.6 var(--mono)}
:focus-visible{outline:3px solid var(--focus);outline-offset:3px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (min-width:60rem){
:root{--gutter:4.5rem;--indent:2.25rem;--bleed:0rem}
.sheet{grid-template-columns:13rem var(--gutter) minmax(0,36rem);justify-content:center}
.sheet::before{left:auto;grid-column:3;left:0}
header{grid-column:1;grid-row:1/4;padding:5.125rem 1.5rem 0 0}
main{grid-column:3;grid-row:1/3;padding-top:3rem}
footer{grid-column:3}
.logo{position:relative;top:0;left:0;display:block;width:3.5rem;height:3.5rem;margin-bottom:1rem}
.initial{display:grid}
.initial,.logo::after{font-size:1.75rem}
.client{margin-bottom:.25rem;font:600 1.375rem/1.3 var(--serif)}
header .brand{gap:.625rem;margin-top:.1875rem;font-size:1.125rem}
header .brand svg{position:static;width:2rem;height:2rem}
footer .brand svg{left:calc(-1*var(--gutter) - var(--indent) + 1.3125rem)}
.head{padding-block:2rem 1.75rem}
.mark{top:2.25rem;left:calc(-1*var(--gutter) - var(--indent) + 1.3125rem)}
.scopes label{grid-template-columns:minmax(0,1fr) minmax(0,auto);align-items:baseline}
.scopes code{max-width:12rem;text-align:right}
.scopes [type=checkbox]{left:calc(-1*var(--gutter) - var(--indent) + 1.3125rem)}
.fields .actions button{flex:0 0 auto;min-width:12rem}
.facts div{display:grid;grid-template-columns:11rem minmax(0,1fr);gap:1rem;align-items:baseline}
}
@media (prefers-reduced-motion:no-preference){
button{transition:background-color .15s,border-color .15s}
.scopes [type=checkbox]::before{transition:transform .14s ease-out}
}
@media (forced-colors:active){
.scopes [type=checkbox]{appearance:auto}
.scopes [type=checkbox]::before{content:none}
}
`;

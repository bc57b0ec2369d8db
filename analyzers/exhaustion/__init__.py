"""Time to exhaustion: from a batch of histories and limits to the distribution of each series' first crossing.

The way through; `analyzers.capacity` gives it chunks of a batch.

1. `contract`: what is asked and answered. `standing`: what nothing can be said of, and why.
2. `pressure`: the batch turned so that trouble is upward, in bins of about an hour, without wrong samples (`spikes`).
3. `envelope`: its upper edge in quarters of a day, without the day and the week (`season`) and without days out of turn
   (`odddays`). `jumps`, `breaks` and `drops` find where that changed for good.
4. The experts, each a way on from here: `models` (on `lines`, tried on the past by `backtest`), and others, listed in
   `experts`, that all answer what `expert` asks: `lastlines`, `pieces`, `cyclepaths` (on `cycles`, with `cyclespeed`),
   `saturation`, `recurrences` (on `months` and `weeks`, both `recurring`), and `never`.
   `structure` is all of this for one chunk.
5. `weights` says how much each expert is believed, told by `features`; `network` has learnt the same from simulated
   histories, told by `outline`; `atlimit` knows who stands there already. `view` is all of this.
6. `crossing` turns experts into probabilities and quantiles; `outlook` is the answer, with the `remarks` on it.

`weights.json` and `network.npz` are written by `benchmarks.exhaustion.train` and `benchmarks.exhaustion.learn`.
"""

package scoring

import "github.com/workdrift/workdrift/store"

// SetOverrides tells the engine which decisions about items are in force, in
// place of those it was told before.
func (e *Engine) SetOverrides(overrides []store.Override) {
	e.revision++
	e.overrides = overrides
	e.graph.SetOverrides(overrides)
}

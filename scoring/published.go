package scoring

// Published says that from now on people see the last report. Explain, Suggest and
// Undecided tell the guesses of that one until it is called again, whatever
// reports are made meanwhile, as for a moment in the past; of an engine of which
// nothing was published, those of its last report.
func (e *Engine) Published() {
	told := e.guesses
	e.told = &told
	clear(e.stirred)
}

// Unpublished reports whether an item is attributed, or part of a work, otherwise
// than in the report that was published: another is being made.
func (e *Engine) Unpublished(no uint64) bool {
	return no/64 < uint64(len(e.stirred)) && e.stirred[no/64]>>(no%64)&1 == 1
}

func (e *Engine) stir(no uint64) {
	for uint64(len(e.stirred)) <= no/64 {
		e.stirred = append(e.stirred, 0)
	}
	e.stirred[no/64] |= 1 << (no % 64)
}

// toldGuesses are the guesses that people are told.
func (e *Engine) toldGuesses() *guesses {
	if e.told != nil {
		return e.told
	}
	return &e.guesses
}

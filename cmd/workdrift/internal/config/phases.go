package config

import (
	"fmt"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/phase"
)

// phases checks what humans say of the phase of drift.
func (d *decoder) phases(doc *document) []objective.DeclaredPhase {
	known := []string{string(phase.Aligned), string(phase.FocusCreep), string(phase.VocabularyGap), string(phase.TotalDecoupling)}
	var list []objective.DeclaredPhase
	for i, p := range doc.Phases {
		path := fmt.Sprintf("phases[%d]", i)
		if p.On == nil {
			d.errorf(path+".on", "is missing")
		}
		if d.required(path, "phase", p.Phase) {
			d.oneOf(path+".phase", p.Phase, known)
		}
		d.teamRef(doc, path+".team", p.Team)
		list = append(list, objective.DeclaredPhase{On: day(p.On), Team: p.Team, Phase: p.Phase, Why: p.Why})
	}
	return list
}

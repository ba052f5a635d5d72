package scoring

import "cmp"

// A Definition says what a score is, in the words of its metric's help.
type Definition struct {
	Name   string // of the score
	Metric string
	Unit   string // "ratio", "seconds", "" for a plain number
	// Scale turns the value of a Score into the unit.
	Scale    float64
	Windowed bool // one value for each window, otherwise one as of the day
	// Of organisation, teams, objectives: who has it.
	Organisation, Teams, Objectives bool
	Help                            string
}

// Definitions lists the scores in the order of publication.
func Definitions() []Definition {
	var list []Definition
	for _, f := range scoreFamilies() {
		list = append(list, Definition{
			Name: f.score, Metric: f.metric("workdrift_", ""), Unit: f.unit, Scale: cmp.Or(f.scale, 1), Windowed: true,
			Organisation: true, Teams: true, Help: f.help,
		})
	}
	for _, f := range latestFamilies() {
		d := Definition{
			Name: f.score, Unit: f.unit, Scale: cmp.Or(f.scale, 1), Help: f.help,
			Organisation: f.of&ofOrganisation != 0, Teams: f.of&ofTeams != 0, Objectives: f.of&ofObjectives != 0,
		}
		for _, s := range latestScopes() {
			if f.of&^f.untold&s.of != 0 {
				d.Metric = f.name(s.prefix, "")
				break
			}
		}
		list = append(list, d)
	}
	return list
}

package scoring

import (
	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// Decisions says which items are decisions (score specification, section 4.6):
// tickets of a type or with a label, changes of files or with a design label,
// threads whose first message carries a reaction. An empty list marks nothing.
// Types, labels and reactions are equal to the item's, letter case ignored;
// paths are globs.
type Decisions struct {
	Types, Labels       []string
	Paths, DesignLabels []string
	Reactions           []string
	// QuietDays is how many days without a touch make a stop,
	// velocity.DefaultQuietDays when 0.
	QuietDays int
}

// decider finds decisions. It is nil where nothing is one.
type decider struct{ matcher *attribution.Matcher }

func newDecider(d Decisions) (*decider, error) {
	exact := func(values []string) (list []objective.Pattern) {
		for _, v := range values {
			list = append(list, objective.Pattern{Op: objective.Exact, Text: v})
		}
		return list
	}
	type condition struct {
		attr string
		like []objective.Pattern
	}
	var any []objective.Rule
	for _, of := range []struct {
		kind       store.Kind
		conditions []condition
	}{
		{store.KindTicket, []condition{{store.AttrType, exact(d.Types)}, {store.AttrLabel, exact(d.Labels)}}},
		{store.KindChange, []condition{{store.AttrPath, globs(d.Paths)}, {store.AttrLabel, exact(d.DesignLabels)}}},
		{store.KindDiscussion, []condition{{store.AttrReaction, exact(d.Reactions)}}},
	} {
		for _, c := range of.conditions {
			if len(c.like) > 0 {
				any = append(any, objective.Rule{All: []objective.Rule{
					{Attr: objective.AttrKind, Like: exact([]string{string(of.kind)})}, {Attr: c.attr, Like: c.like}}})
			}
		}
	}
	if len(any) == 0 {
		return nil, nil
	}
	rules, err := attribution.Compile(&objective.Set{Objectives: []objective.Objective{{ID: "decision", Match: &objective.Rule{Any: any}}}})
	if err != nil {
		return nil, err
	}
	return &decider{rules.Matcher()}, nil
}

// is reports whether an item is a decision.
func (d *decider) is(item *store.Item) bool {
	return d != nil && len(d.matcher.Match(item).Objectives) > 0
}

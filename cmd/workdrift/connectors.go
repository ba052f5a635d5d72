package main

import (
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/git"
	"github.com/workdrift/workdrift/connectors/github"
	"github.com/workdrift/workdrift/connectors/jira"
	"github.com/workdrift/workdrift/connectors/promql"
	"github.com/workdrift/workdrift/connectors/slack"
	"github.com/workdrift/workdrift/scoring/objective"
)

// factories is the one list of connector types. A new connector is one line
// here.
func factories() map[string]connectors.Factory {
	return map[string]connectors.Factory{
		"git":        git.New,
		"github":     github.New,
		"jira":       jira.New,
		"prometheus": promql.New,
		"slack":      slack.New,
	}
}

// outcomes lists the queries by which objectives are measured.
func outcomes(set *objective.Set) []connectors.Outcome {
	var list []connectors.Outcome
	for i := range set.Objectives {
		if o := &set.Objectives[i]; o.Outcome != nil {
			list = append(list, connectors.Outcome{Objective: o.ID, Query: o.Outcome.Query})
		}
	}
	return list
}

package main

import (
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/git"
	"github.com/workdrift/workdrift/connectors/github"
)

// factories is the one list of connector types. A new connector is one line
// here.
func factories() map[string]connectors.Factory {
	return map[string]connectors.Factory{
		"git":    git.New,
		"github": github.New,
	}
}

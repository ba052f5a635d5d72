package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// meet tells an engine what the sources know about accounts and groups.
func meet(ctx context.Context, s store.Store, engine *scoring.Engine) error {
	var profiles []store.Profile
	for p, err := range s.Profiles(ctx) {
		if err != nil {
			return fmt.Errorf("read profiles: %w", err)
		}
		profiles = append(profiles, p)
	}
	var groups []store.Group
	for g, err := range s.Groups(ctx) {
		if err != nil {
			return fmt.Errorf("read groups: %w", err)
		}
		groups = append(groups, g)
	}
	engine.SetPeople(profiles, groups)
	return nil
}

// structureLog is what was changed up to a moment. The engine must have met the
// people.
func structureLog(declared []objective.Loaded, engine *scoring.Engine, now time.Time) *findings.History {
	return &findings.History{
		Declared: declared, Edits: objective.Edits(declared), Members: engine.MemberChanges(objective.DateOf(now.UTC())),
	}
}

// tellMembers brings the members in the log of what was changed up to date. The
// caller holds the lock.
func (e *evaluator) tellMembers() {
	log, members := e.history.Load(), e.engine.MemberChanges(objective.DateOf(e.reportAt().UTC()))
	if slices.Equal(log.Members, members) {
		return
	}
	next := *log
	next.Members = members
	e.history.Store(&next)
}

// listEdits returns the structure log, oldest first. It reads what was declared
// and who is in which group, and nothing of what they did.
func listEdits(ctx context.Context, s store.Store, d *scoring.Declared, now time.Time) ([]edit, error) {
	declared, err := loadDeclarations(ctx, s, quietLogger())
	if err != nil {
		return nil, err
	}
	engine, err := scoring.NewEngine(d, nil)
	if err != nil {
		return nil, err
	}
	if err := meet(ctx, s, engine); err != nil {
		return nil, err
	}
	out := []edit{}
	for _, entry := range structureLog(declared, engine, now).Entries() {
		if e := entry.Edit; e != nil {
			out = append(out, editOf(*e))
			continue
		}
		out = append(out, edit{Effective: entry.Member.Day.String(), Team: entry.Member.Team, Kind: findings.Membership})
	}
	return out, nil
}

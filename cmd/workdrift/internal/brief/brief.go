// Package brief writes the one page for the weekly meeting, and the one for the
// monthly session that decides what ends, as Markdown, as one HTML file and as
// blocks for Slack.
//
// It is pure: a brief follows from the report as of the end of its period and
// what was declared and decided until then. The same input makes the same bytes.
package brief

import (
	"github.com/slack-go/slack"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// Input is what a brief is made from.
type Input struct {
	Period Period
	// Report is as of the end of the period, or of the last closed day where the
	// period has not closed.
	Report *scoring.Report
	// Streams are those of Report's shadow roadmap, nil where they are not known.
	Streams *findings.Streams
	// History is what was declared, nil where that is not known.
	History *findings.History
	// Overrides are the decisions in force.
	Overrides []store.Override
	// BaseURL begins the addresses of pages, without a slash at its end; "" where
	// nobody knows under which name they are reached.
	BaseURL string
}

// A Brief is what one edition says of one period. It does not change.
type Brief struct {
	Period Period
	Title  string
	// Provisional is set while the period has not closed.
	Provisional bool
}

// Make picks what a brief says.
func Make(in Input) *Brief {
	return &Brief{Period: in.Period, Title: "Workdrift " + in.Period.Name, Provisional: !in.Period.Closed(in.Report.Day)}
}

// Key identifies the brief: "weekly/2026-W14", "kill-session/2026-11".
func (b *Brief) Key() string { return b.Period.Key() }

// Markdown writes the brief as CommonMark with tables.
func (b *Brief) Markdown() string { return "# " + b.Title + "\n" }

// HTML writes the brief as one file that needs no other.
func (b *Brief) HTML() ([]byte, error) {
	return []byte("<!doctype html><title>" + b.Title + "</title>"), nil
}

// Slack writes the brief as blocks, and as the text of notifications.
func (b *Brief) Slack() (text string, blocks []slack.Block) {
	return b.Title, []slack.Block{slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, b.Title, false, false))}
}

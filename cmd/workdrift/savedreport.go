package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// saveEvery is the least time between two saved reports.
const saveEvery = time.Minute

// A savedReport is kept in the store, so that a restart does not leave a gap:
// it is served at once, until the first evaluation replaces it.
type savedReport struct {
	// Declared is the fingerprint of the configuration that it was made under.
	// Under another one it might tell what must not be told any more.
	Declared string          `json:"declared"`
	Report   *scoring.Report `json:"report"`
}

// fingerprint identifies what a report shows and obeys of a configuration. Time
// zones go by their names.
func fingerprint(d *scoring.Declared) (string, error) {
	raw, err := json.Marshal(struct {
		Set       objective.Set
		Teams     []scoring.Team
		Persons   []scoring.Person
		Bots      []string
		Owners    map[string][]scoring.Owner
		Merge     scoring.Merge
		Effort    effort.Config
		Privacy   scoring.Privacy
		Windows   scoring.Windows
		Sources   []string
		Threshold float64
		Text      scoring.Text
		Alerts    map[string]float64
		Zones     []string
	}{d.Set, d.Teams, d.People.Persons, d.People.Bots, d.People.Owners, d.People.Merge, d.Effort, d.Privacy, d.Windows, d.Sources, d.Threshold, d.Text, d.Alerts, zones(d)})
	if err != nil {
		return "", fmt.Errorf("encode the configuration: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// zones names the zones of a configuration, which JSON cannot tell apart.
func zones(d *scoring.Declared) []string {
	list := []string{d.Zone.String()}
	for _, t := range d.Teams {
		list = append(list, t.Zone.String())
	}
	for _, p := range d.People.Persons {
		list = append(list, p.Zone.String())
	}
	return list
}

// restore publishes the saved report, if it was made under the same
// configuration. A report that cannot be read is as good as none.
func (e *evaluator) restore(ctx context.Context) error {
	raw, err := e.store.LastReport(ctx)
	if err != nil {
		return fmt.Errorf("read the saved report: %w", err)
	}
	var saved savedReport
	if raw == nil || json.Unmarshal(raw, &saved) != nil || saved.Report == nil || saved.Declared != e.print {
		return nil
	}
	encoded, err := web.Encode(saved.Report)
	if err != nil {
		e.log.Warn("the report from before the restart is not served", "err", err)
		return nil
	}
	e.put(saved.Report, encoded)
	e.log.Info("serving the report from before the restart", "day", saved.Report.Day.String())
	return nil
}

// save keeps the engine's report, unless one was kept a moment ago. The caller
// holds the lock.
func (e *evaluator) save(ctx context.Context, gap time.Duration) error {
	if e.made == nil || time.Since(e.saved) < gap {
		return nil
	}
	raw, err := json.Marshal(savedReport{Declared: e.print, Report: e.made})
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	if err := e.store.SaveReport(ctx, raw); err != nil {
		return fmt.Errorf("save the report: %w", err)
	}
	e.saved = time.Now()
	return nil
}

// Package promql reads the measured results of objectives from a Prometheus
// server, or from anything that speaks its query API.
//
// An objective may declare an outcome: a PromQL query that yields one series.
// Each outcome becomes an item, and its value at the midnights (UTC) of the
// last year an event each. Both are named after the objective and the text of
// the query, so that a changed query begins a series of its own: values from
// before and after are never compared.
//
// An outcome whose query is refused, yields nothing, or yields several series
// is told as such in the item's attribute AttrResult, and keeps what was
// measured before. It never fails the poll, and it never counts as zero.
//
// Days are read once they have begun, and again on the two days that follow,
// because samples may arrive late. A poll in between asks only for the outcomes
// that did not answer well.
package promql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

const (
	// history is how far back the first query reaches: what the slowest score
	// about outcomes compares, 26 weeks with 26 weeks.
	history = 364 * day
	// again is how long a day is read again.
	again = 2 * day
	day   = 24 * time.Hour
)

// The values of store.AttrResult.
const (
	ResultOK      = "ok"
	ResultEmpty   = "empty"          // no series in the last year
	ResultSeveral = "several_series" // which of them is meant nobody knows
	ResultRefused = "refused"        // the server cannot evaluate the query
)

// An outcome is one query of one objective.
type outcome struct{ objective, query, id string }

type connector struct {
	env      connectors.Env
	client   api.Client
	timeout  time.Duration
	outcomes []outcome
}

// New is the connectors.Factory of this package.
func New(env connectors.Env, decode func(any) error) (connectors.Connector, error) {
	cfg := config{Timeout: 30 * time.Second}
	if err := decode(&cfg); err != nil {
		return nil, err
	}
	transport, err := cfg.transport(env)
	if err != nil {
		return nil, err
	}
	client, err := api.NewClient(api.Config{
		Address: strings.TrimSuffix(cfg.BaseURL, "/"),
		Client:  &http.Client{Transport: transport, CheckRedirect: connectors.NoRedirect},
	})
	if err != nil {
		return nil, fmt.Errorf("base_url: %w", err)
	}
	c := &connector{env: env, client: client, timeout: cfg.Timeout}
	for _, o := range env.Outcomes {
		c.outcomes = append(c.outcomes, outcome{o.Objective, o.Query, store.OutcomeID(o.Objective, o.Query)})
	}
	return c, nil
}

// A position is how far one outcome was read.
type position struct {
	Day    string    `json:"day,omitempty"` // last midnight that was read, 2006-01-02
	Result string    `json:"result"`        // value of AttrResult
	Since  time.Time `json:"since"`         // day on which the outcome was first asked for
}

// Fetch implements connectors.Connector. All outcomes come in one page: an
// organisation has tens of them, and each is one request. A query that the
// server fails at does not keep the others from being read: they come first,
// and the next Fetch, which finds them done, returns the error.
func (c *connector) Fetch(ctx context.Context, cursor store.Cursor) (store.Batch, error) {
	now := c.env.Now().UTC().Truncate(time.Second)
	b := store.Batch{Next: store.Cursor{}, Watermark: now}
	var failed error
	for _, o := range c.outcomes {
		p, _ := connectors.DecodePosition[position](cursor[o.id])
		if p.Result == ResultOK && p.Day == now.Truncate(day).Format(time.DateOnly) {
			continue
		}
		if err := c.read(ctx, o, p, now, &b); err != nil {
			failed = cmp.Or(failed, err)
			if ctx.Err() != nil || !isOfQuery(err) {
				break
			}
		}
	}
	if failed == nil {
		return b, nil
	}
	maps.DeleteFunc(b.Next, func(outcome, position string) bool { return cursor[outcome] == position })
	if len(b.Next) == 0 {
		return store.Batch{}, failed
	}
	b.Watermark, b.More = time.Time{}, true
	return b, nil
}

// isOfQuery reports whether another query may succeed after an error.
func isOfQuery(err error) bool {
	switch connectors.ReasonOf(err) {
	case connectors.ReasonServer, connectors.ReasonTimeout, connectors.ReasonDecode:
		return true
	}
	return false
}

// read asks for one outcome and adds what it answers to the batch.
func (c *connector) read(ctx context.Context, o outcome, p position, now time.Time, b *store.Batch) error {
	midnight := now.Truncate(day)
	from := midnight.Add(-history)
	if last, err := time.Parse(time.DateOnly, p.Day); err == nil && last.Add(-again).After(from) {
		from = last.Add(-again)
	}
	series, result, err := c.ask(ctx, o.query, v1.Range{Start: from, End: midnight, Step: day})
	if err != nil {
		return err
	}
	if p.Since.IsZero() {
		p.Since = midnight
	}
	if result != p.Result {
		b.Items = append(b.Items, store.Item{
			Source: c.env.Source, ID: o.id, Kind: store.KindOutcome, Keys: []string{"outcome:" + o.id}, Title: o.objective,
			Attrs:   map[string][]string{store.AttrObjective: {o.objective}, store.AttrResult: {result}},
			Created: p.Since, Updated: midnight,
		})
	}
	for _, s := range series {
		at := s.Timestamp.Time().UTC()
		value := float64(s.Value)
		if math.IsNaN(value) || math.IsInf(value, 0) {
			continue // measured, and without a value: as if it had not been
		}
		b.Events = append(b.Events, store.Event{
			Source: c.env.Source, Item: o.id, ID: "sample/" + at.Format(time.DateOnly), Kind: store.EventSample, At: at,
			Attrs: map[string]string{"value": strconv.FormatFloat(value, 'g', -1, 64)},
		})
	}
	p.Result = result
	if result == ResultOK {
		p.Day = midnight.Format(time.DateOnly)
	}
	raw, err := connectors.EncodePosition(p)
	if err != nil {
		return err
	}
	b.Next[o.id] = raw
	return nil
}

// ask sends one query. A query that is at fault itself has a result and no
// error.
func (c *connector) ask(ctx context.Context, query string, r v1.Range) (model.Samples, string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	noted := &noted{Client: c.client}
	value, _, _, err := v1.NewAPI(noted).QueryRange(ctx, query, r)
	if err != nil {
		if refused(err) && noted.status != http.StatusForbidden && noted.status != http.StatusUnauthorized {
			return nil, ResultRefused, nil
		}
		return nil, "", noted.classify(err, c.env.Now())
	}
	matrix, ok := value.(model.Matrix)
	switch {
	case !ok:
		return nil, "", &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("a range query answered with a %s", value.Type())}
	case len(matrix) == 0:
		return nil, ResultEmpty, nil
	case len(matrix) > 1:
		return nil, ResultSeveral, nil
	}
	samples := make(model.Samples, 0, len(matrix[0].Values))
	for _, s := range matrix[0].Values {
		if s.Timestamp.Time().Before(r.Start) || s.Timestamp.Time().After(r.End) {
			return nil, "", &connectors.Error{Reason: connectors.ReasonDecode, Err: errors.New("the answer holds samples from outside of the range")}
		}
		samples = append(samples, &model.Sample{Timestamp: s.Timestamp, Value: s.Value})
	}
	return samples, ResultOK, nil
}

package connectortest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

const toyLasts = 10 * time.Minute

// A toyReceiver takes deliveries about boxes, with room for one mistake.
type toyReceiver struct {
	*toyConnector
	secrets []connectors.Secret
}

func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func (r *toyReceiver) CheckHeader(h http.Header, now time.Time) error {
	switch {
	case r.mistake == "lets bad headers through" && len(r.secrets) > 0:
		return nil
	case r.mistake == "refuses good headers" && len(r.secrets) > 0:
		return connectors.ErrSignature
	}
	if err := connectors.CheckSHA256(r.values(h), r.secrets); err != nil {
		return err
	}
	times := h.Values("X-Toy-Time")
	if r.mistake == "never gets old" {
		return nil
	}
	if len(times) != 1 {
		return connectors.ErrSignature
	}
	at, err := strconv.ParseInt(times[0], 10, 64)
	if age := now.Sub(time.Unix(at, 0)).Abs(); err != nil || age > toyLasts {
		return connectors.ErrSignature
	}
	return nil
}

func (r *toyReceiver) values(h http.Header) []string {
	values := slices.Clone(h.Values("X-Toy-Signature"))
	switch r.mistake {
	case "trusts the first of two headers":
		values = values[:min(1, len(values))]
	case "folds the case of a signature":
		for i := range values {
			values[i] = strings.ToLower(values[i])
		}
	}
	return values
}

func (r *toyReceiver) verify(h http.Header, body []byte, now time.Time) error {
	switch {
	case r.mistake == "takes anything without a secret" && len(r.secrets) == 0:
		return nil
	case r.mistake == "calls a missing secret a bad signature" && len(r.secrets) == 0:
		return connectors.ErrSignature
	case r.mistake == "lets bad headers through":
		r = &toyReceiver{&toyConnector{toy: &toy{}}, r.secrets}
	}
	secrets := r.secrets
	if r.mistake == "knows one secret" {
		secrets = secrets[:min(1, len(secrets))]
	}
	if err := r.CheckHeader(h, now); err != nil && r.mistake != "refuses good headers" {
		return err
	}
	return connectors.VerifySHA256(r.values(h), body, secrets)
}

func (r *toyReceiver) Receive(h http.Header, body []byte, now time.Time) (connectors.Delivery, error) {
	var w struct{ Box string }
	broken := json.Unmarshal(body, &w)
	if broken != nil {
		broken = errors.New("it is not what was expected")
	}
	if r.mistake == "parses before it verifies" && broken != nil && len(r.secrets) > 0 {
		return connectors.Delivery{}, broken
	}
	if err := r.verify(h, body, now); err != nil {
		return connectors.Delivery{}, err
	}
	d := connectors.Delivery{ID: h.Get("X-Toy-Delivery"), Objects: []string{w.Box}}
	switch {
	case broken != nil && r.mistake == "quotes the body":
		return connectors.Delivery{}, fmt.Errorf("cannot read %s", body)
	case broken != nil && r.mistake == "takes a body that is cut short":
		return d, nil
	case broken != nil && r.mistake == "tells the secret about a body":
		return connectors.Delivery{}, errors.New("cannot read what was signed with " + r.secrets[0].Reveal())
	case broken != nil:
		return connectors.Delivery{}, broken
	case r.mistake == "keeps the body":
		d.Reply = body
	case r.mistake == "ignores what it should read":
		d.Ignore = true
	case r.mistake == "names no object":
		d.Objects = nil
	}
	return d, nil
}

func (r *toyReceiver) Refetch(ctx context.Context, objects []string) (store.Batch, error) {
	if err := ctx.Err(); err != nil {
		if r.mistake == "hides the context's error from hints" {
			err = errors.New("stopped")
		}
		return store.Batch{}, fmt.Errorf("read: %w", err)
	}
	if r.failing {
		switch r.mistake {
		case "fails on hints with a bare error":
			return store.Batch{}, errors.New("it is down")
		case "returns items with an error on hints":
			return r.read(0), &connectors.Error{Reason: connectors.ReasonServer, Err: errors.New("it is down")}
		}
		return store.Batch{}, &connectors.Error{Reason: connectors.ReasonServer, Err: errors.New("it is down")}
	}
	var b store.Batch
	for _, o := range objects {
		n, err := strconv.Atoi(strings.TrimPrefix(o, "box/"))
		if err != nil || !strings.HasPrefix(o, "box/") || n < 0 || n >= r.records {
			switch r.mistake {
			case "fails on unknown objects":
				return store.Batch{}, errors.New("no such box")
			case "sets unknown objects aside":
				b.Quarantined = append(b.Quarantined, store.Quarantined{ID: "box/x", Reason: "unknown"})
			}
			continue
		}
		page := r.read(n)
		b.Items, b.Events, b.Identities = append(b.Items, page.Items[0]), append(b.Events, page.Events[0]), page.Identities
	}
	r.spoilHint(&b)
	return b, nil
}

// spoilHint makes the toy's mistake in what was announced.
func (r *toyReceiver) spoilHint(b *store.Batch) {
	if len(b.Items) == 0 {
		return
	}
	switch r.mistake {
	case "moves the cursor":
		b.Next = store.Cursor{"all": strconv.Itoa(r.records)}
	case "moves the watermark":
		b.Watermark = start
	case "reads announced items differently":
		b.Items[0].Title = "t, as announced"
	case "leaves out the events":
		b.Events = nil
	case "numbers announced events anew":
		b.Events[0].ID = fmt.Sprintf("open-%d", r.reads)
	case "has announced IDs without a container":
		b.Items[0].ID = "7"
	}
}

func (s *toy) hook() *Hook {
	return &Hook{
		New: func(env connectors.Env, secrets ...string) (connectors.Connector, error) {
			r := &toyReceiver{toyConnector: &toyConnector{toy: s, env: env}}
			for _, secret := range secrets {
				r.secrets = append(r.secrets, connectors.NewSecret(secret))
			}
			return r, nil
		},
		Change: func() ([]Announcement, error) {
			s.records++
			body := fmt.Sprintf(`{"box":"box/%d","text":"a-long-text-that-nobody-should-quote"}`, s.records-1)
			return []Announcement{{Header: http.Header{"X-Toy-Delivery": {strconv.Itoa(s.records)}}, Body: []byte(body)}}, nil
		},
		Sign: func(h http.Header, secret string, at time.Time, body []byte) {
			h.Set("X-Toy-Time", strconv.FormatInt(at.Unix(), 10))
			h.Set("X-Toy-Signature", sign(secret, body))
		},
		Signed:  []string{"X-Toy-Signature", "X-Toy-Time"},
		Lasts:   toyLasts,
		Unknown: []string{"box/-1", "box/999", "other/1"},
	}
}

func TestGoodReceiverPasses(t *testing.T) {
	s := &toy{records: 7}
	subject := s.subject()
	subject.Hook = s.hook()
	Run(t, subject)
}

// TestMistakesOfReceiversAreFound shows that each check of deliveries can fail.
func TestMistakesOfReceiversAreFound(t *testing.T) {
	for mistake, by := range map[string]func(*harness){
		"takes anything without a secret":        deliveries,
		"calls a missing secret a bad signature": deliveries,
		"lets bad headers through":               deliveries,
		"refuses good headers":                   deliveries,
		"trusts the first of two headers":        deliveries,
		"folds the case of a signature":          deliveries,
		"knows one secret":                       deliveries,
		"never gets old":                         deliveries,
		"parses before it verifies":              deliveries,
		"quotes the body":                        deliveries,
		"takes a body that is cut short":         deliveries,
		"tells the secret about a body":          deliveries,
		"keeps the body":                         deliveries,
		"ignores what it should read":            deliveries,
		"names no object":                        refetch,
		"moves the cursor":                       refetch,
		"moves the watermark":                    refetch,
		"reads announced items differently":      refetch,
		"leaves out the events":                  refetch,
		"numbers announced events anew":          refetch,
		"has announced IDs without a container":  refetch,
		"fails on unknown objects":               refetch,
		"sets unknown objects aside":             refetch,
		"hides the context's error from hints":   refetch,
		"fails on hints with a bare error":       refetch,
		"returns items with an error on hints":   refetch,
	} {
		t.Run(mistake, func(t *testing.T) {
			s := &toy{records: 7, mistake: mistake}
			subject := s.subject()
			subject.Hook = s.hook()
			h := newHarness(t.Context(), subject)
			by(h)
			if len(h.problems) == 0 {
				t.Error("not found")
			} else {
				t.Log(h.problems[0])
			}
		})
	}
}

// TestPlainConnectorIsNoReceiver: a Hook for a connector that takes no
// deliveries is a problem, not a panic.
func TestPlainConnectorIsNoReceiver(t *testing.T) {
	s := &toy{records: 7}
	subject := s.subject()
	subject.Hook = s.hook()
	subject.Hook.New = func(env connectors.Env, _ ...string) (connectors.Connector, error) { return subject.New(env) }
	for _, check := range []func(*harness){deliveries, refetch} {
		h := newHarness(t.Context(), subject)
		check(h)
		if len(h.problems) == 0 {
			t.Error("not found")
		}
	}
}

package connectortest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// A Hook describes the deliveries of a connector that is a
// connectors.Receiver.
type Hook struct {
	// New makes a connector as Subject.New does, which takes deliveries signed
	// with any of the secrets: none, one or two.
	New func(env connectors.Env, secrets ...string) (connectors.Connector, error)
	// Change changes the source within what the connector reads, and returns
	// deliveries that announce all of it, with their headers but unsigned.
	// Each call makes another change.
	Change func() ([]Announcement, error)
	// Sign adds to h what makes it the headers of a body that is sent at a
	// time, signed with a secret.
	Sign func(h http.Header, secret string, at time.Time, body []byte)
	// Signed names the headers that Sign sets.
	Signed []string
	// Lasts is for how long a delivery is good, zero for ever.
	Lasts time.Duration
	// Unknown are well-formed objects that the connector does not read.
	Unknown []string
}

// An Announcement is a delivery without a signature.
type Announcement struct {
	Header http.Header
	Body   []byte
}

// HookSecrets writes secrets to files and returns the lines of a configuration
// that name them, for Hook.New.
func HookSecrets(t testing.TB, secrets ...string) string {
	t.Helper()
	var lines strings.Builder
	for i, secret := range secrets {
		key := []string{"webhook_secret_file", "webhook_secret_next_file"}[i]
		path := filepath.Join(t.TempDir(), key)
		if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&lines, "%s: %q\n", key, path)
	}
	return lines.String()
}

// The secrets that deliveries are signed with, and a word that no error may
// quote.
const (
	hookSecret  = "hook-secret-of-now"
	hookNext    = "hook-secret-of-next-week"
	hookForeign = "hook-secret-of-a-stranger"
	hookWord    = "word-of-a-body"
)

// receiver makes a connector that takes deliveries signed with the secrets, nil
// after a problem.
func (h *harness) receiver(s Store, secrets ...string) (connectors.Connector, connectors.Receiver) {
	c, err := h.subject.Hook.New(h.env(s), secrets...)
	if err != nil {
		h.problem("make a connector with %d secrets: %v", len(secrets), err)
		return nil, nil
	}
	r, ok := c.(connectors.Receiver)
	if !ok {
		h.problem("the connector is no Receiver")
		return nil, nil
	}
	return c, r
}

// signed returns the headers of an announcement sent now.
func (h *harness) signed(a Announcement, secret string) http.Header {
	out := a.Header.Clone()
	h.subject.Hook.Sign(out, secret, h.now, a.Body)
	return out
}

// announce changes the source, nil after a problem.
func (h *harness) announce() []Announcement {
	list, err := h.subject.Hook.Change()
	if err == nil && len(list) == 0 {
		err = errors.New("it is not announced")
	}
	if err != nil {
		h.problem("change: %v", err)
		return nil
	}
	return list
}

// deliveries: what is signed with one of the secrets is taken, anything else
// is refused before it is read, and no error tells what was sent.
func deliveries(h *harness) {
	h.subject.Secrets = append(slices.Clone(h.subject.Secrets), hookSecret, hookNext, hookForeign, hookWord)
	for _, a := range h.announce() {
		h.withoutSecret(a)
		for _, secrets := range [][]string{{hookSecret}, {hookSecret, hookNext}} {
			_, r := h.receiver(newMemory(), secrets...)
			if r == nil {
				return
			}
			for _, secret := range secrets {
				h.taken(r, a, secret)
				h.strange(r, a, secret)
				h.unreadable(r, a, secret)
			}
			h.refused(r, "another secret", h.signed(a, hookForeign), a.Body, h.now)
			h.refused(r, "no secret", h.signed(a, ""), a.Body, h.now)
		}
	}
}

// withoutSecret: an instance that has no secret refuses everything as such.
func (h *harness) withoutSecret(a Announcement) {
	c, r := h.receiver(newMemory())
	if r == nil {
		return
	}
	if _, ok := connectors.TakesDeliveries(c); ok {
		h.problem("without a secret it claims to take deliveries")
	}
	for _, header := range []http.Header{a.Header, h.signed(a, hookSecret), h.signed(a, "")} {
		if _, err := r.Receive(header, a.Body, h.now); !errors.Is(err, connectors.ErrNoHook) {
			h.problem("without a secret a delivery gives %v, want ErrNoHook", err)
		}
	}
}

// taken: a good delivery names objects, and keeps neither header nor body. It
// is received by several at once.
func (h *harness) taken(r connectors.Receiver, a Announcement, secret string) {
	if err := connectors.CheckHeader(r, h.signed(a, secret), h.now); err != nil {
		h.problem("the headers of a good delivery are refused: %v", err)
	}
	var wg sync.WaitGroup
	found := make([]string, 4)
	for i := range found {
		header, body := h.signed(a, secret), bytes.Clone(a.Body)
		wg.Go(func() {
			d, err := r.Receive(header, body, h.now)
			for j := range body {
				body[j] = '#'
			}
			for _, values := range header {
				clear(values)
			}
			found[i] = fmt.Sprintf("%q %q %v %q %v", d.ID, d.Objects, d.Ignore, d.Reply, err)
			if err != nil || d.Ignore || strings.Contains(found[i], "####") {
				found[i] = "a good delivery gives " + found[i]
			}
		})
	}
	wg.Wait()
	for _, f := range found {
		if strings.HasPrefix(f, "a good delivery") {
			h.problem("%s", f)
		} else if f != found[0] {
			h.problem("the same delivery gives %s, and %s", f, found[0])
		}
	}
}

// strange: headers that no honest sender has are refused, those of one that is
// too old too.
func (h *harness) strange(r connectors.Receiver, a Announcement, secret string) {
	hook, good := h.subject.Hook, h.signed(a, secret)
	with := func(name string, values ...string) http.Header {
		out := good.Clone()
		out[http.CanonicalHeaderKey(name)] = values
		return out
	}
	for _, name := range hook.Signed {
		value := good.Get(name)
		for what, values := range map[string][]string{
			"no " + name:             nil,
			"an empty " + name:       {""},
			name + " twice":          {value, value},
			"a second " + name:       {value, "x"},
			name + " in one line":    {value + ", " + value},
			"half of " + name:        {value[:len(value)/2]},
			name + " with more":      {value + "0"},
			name + " with a space":   {" " + value},
			name + " without a form": {"x"},
		} {
			h.refusedByHeader(r, what, with(name, values...), a.Body, h.now)
		}
		if upper := strings.ToUpper(value); upper != value {
			h.refusedByHeader(r, name+" in upper case", with(name, upper), a.Body, h.now)
		}
	}
	h.refused(r, "another body", good, append(bytes.Clone(a.Body), ' '), h.now)
	h.refused(r, "half of the body", good, a.Body[:len(a.Body)/2], h.now)
	h.refused(r, "no body", good, nil, h.now)
	if hook.Lasts > 0 {
		h.refusedByHeader(r, "old", good, a.Body, h.now.Add(hook.Lasts+time.Minute))
		h.refusedByHeader(r, "from the future", good, a.Body, h.now.Add(-hook.Lasts-time.Minute))
	}
}

// refusedByHeader checks that a delivery is refused, and by its headers alone
// where the receiver can.
func (h *harness) refusedByHeader(r connectors.Receiver, what string, header http.Header, body []byte, now time.Time) {
	h.refused(r, what, header, body, now)
	checker, ok := r.(connectors.HeaderChecker)
	if !ok {
		return
	}
	if err := checker.CheckHeader(header, now); !errors.Is(err, connectors.ErrSignature) {
		h.problem("%s: the headers give %v, want ErrSignature", what, err)
	}
}

// refused checks that a delivery is refused for its signature.
func (h *harness) refused(r connectors.Receiver, what string, header http.Header, body []byte, now time.Time) {
	d, err := r.Receive(header, body, now)
	if !errors.Is(err, connectors.ErrSignature) || d.ID != "" || d.Objects != nil || d.Reply != nil {
		h.problem("%s: a delivery gives %+v and %v, want ErrSignature", what, d, err)
	}
	if err != nil {
		h.quiet("an error about a delivery", err.Error())
	}
	h.quiet("a log record", h.logs.take())
}

// unreadable: a body that is no good is an error of its own when it is signed,
// which does not quote it, and is not even looked at when it is not.
func (h *harness) unreadable(r connectors.Receiver, a Announcement, secret string) {
	text := bytes.TrimSpace(a.Body)
	for what, body := range map[string][]byte{
		"empty":       {},
		"cut short":   text[:len(text)-1],
		"cut in half": text[:len(text)/2],
		"no JSON":     []byte(hookWord),
		"a string":    []byte(`"` + hookWord + `"`),
		"a list":      []byte(`["` + hookWord + `"]`),
		"more behind": append(bytes.Clone(text), hookWord...),
	} {
		broken := Announcement{Header: a.Header, Body: body}
		h.refused(r, "forged, and "+what, h.signed(broken, hookForeign), body, h.now)
		d, err := r.Receive(h.signed(broken, secret), body, h.now)
		if err == nil || errors.Is(err, connectors.ErrSignature) || errors.Is(err, connectors.ErrNoHook) || d.Objects != nil {
			h.problem("%s: a signed delivery gives %+v and %v, want an error about its body", what, d, err)
			continue
		}
		h.quiet("an error about a body that is "+what, fmt.Sprintf("%v %+v", err, err))
		h.quiet("a log record", h.logs.take())
		for part := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return strings.ContainsRune(`{}[]",:`, r) }) {
			// Short words and names of members may well be part of a sentence.
			if len(part) >= 16 && strings.Contains(err.Error(), part) {
				h.problem("%s: the error quotes the body: %v", what, err)
			}
		}
	}
}

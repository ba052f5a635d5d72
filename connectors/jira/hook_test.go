package jira

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

func signature(secret string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}

func TestReceive(t *testing.T) {
	t.Setenv("WORKDRIFT_HOOK", "first secret")
	t.Setenv("WORKDRIFT_HOOK_NEXT", "second secret")
	c := bareConnector(t, "webhook_secret_env: WORKDRIFT_HOOK\nwebhook_secret_next_env: WORKDRIFT_HOOK_NEXT\n")
	body := []byte(`{"webhookEvent":"jira:issue_updated","issue":{"id":"10002","key":"PAY-1"}}`)
	good := signature("first secret", body)
	for _, tc := range []struct {
		name    string
		values  []string
		body    []byte
		objects string
		err     error
	}{
		{name: "signed", values: []string{good}, body: body, objects: "[10002]"},
		{name: "signed with the next secret", values: []string{signature("second secret", body)}, body: body, objects: "[10002]"},
		{name: "unsigned", body: body, err: connectors.ErrSignature},
		{name: "signed by somebody else", values: []string{signature("another", body)}, body: body, err: connectors.ErrSignature},
		{name: "another body", values: []string{good}, body: append([]byte(" "), body...), err: connectors.ErrSignature},
		{name: "two headers", values: []string{good, good}, body: body, err: connectors.ErrSignature},
		{name: "upper case", values: []string{"sha256=" + strings.ToUpper(good[7:])}, body: body, err: connectors.ErrSignature},
		{name: "another hash", values: []string{"sha1=" + good[7:]}, body: body, err: connectors.ErrSignature},
		{name: "cut off", values: []string{good[:len(good)-2]}, body: body, err: connectors.ErrSignature},
		{name: "not hexadecimal", values: []string{"sha256=" + strings.Repeat("zz", 32)}, body: body, err: connectors.ErrSignature},
		{name: "a worklog", body: []byte(`{"worklog":{"id":"5","issueId":"10003"}}`), objects: "[10003]"},
		{name: "a link", body: []byte(`{"issueLink":{"sourceIssueId":10004,"destinationIssueId":10005}}`), objects: "[10004 10005]"},
		{name: "about something else", body: []byte(`{"webhookEvent":"sprint_started","sprint":{"id":3}}`), objects: "[]"},
		{name: "an id that is a path", body: []byte(`{"issue":{"id":"../myself"}}`), objects: "[]"},
	} {
		h := http.Header{"X-Hub-Signature": tc.values, "X-Atlassian-Webhook-Identifier": {"d-1"}}
		if tc.values == nil && tc.err == nil {
			h.Set("X-Hub-Signature", signature("first secret", tc.body))
		}
		d, err := c.Receive(h, tc.body, present)
		if !errors.Is(err, tc.err) || tc.err == nil && err != nil {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.err)
			continue
		}
		if err == nil {
			equal(t, tc.name, fmt.Sprint(d.Objects), tc.objects)
			equal(t, tc.name+": id", d.ID, "d-1")
		}
	}
	broken := []byte(`{"issue":`)
	if _, err := c.Receive(http.Header{"X-Hub-Signature": {signature("first secret", broken)}}, broken, present); err == nil {
		t.Error("a body that is cut off is taken")
	}
	if _, err := bareConnector(t, "").Receive(http.Header{"X-Hub-Signature": {good}}, body, present); !errors.Is(err, connectors.ErrNoHook) {
		t.Errorf("without a secret: %v", err)
	}
}

// TestRefetch proves that announced issues are read past a late index, that
// those of other projects are not, and that a deletion is believed only when
// the issue is not there.
func TestRefetch(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		all := fill(s, "PAY", 6)
		foreign := s.Open(day(0, 0), "STRAT", fake.JiraIssueSpec{Summary: "Not ours", Reporter: "ada"})
		r := newRig(t, s, o)
		c := r.connect()
		r.MustPoll(c)
		cursor := fmt.Sprint(r.Shelf.Cursor)
		s.Set(r.clock.Now(), all[0], "ada", "summary", "Announced")
		late := s.Open(r.clock.Now(), "PAY", fake.JiraIssueSpec{Summary: "Just made", Reporter: "ada"})
		r.jira.LagBehind(all[0], -1)
		r.jira.LagBehind(late, -1)
		s.Delete(r.clock.Now(), all[1])
		moved := s.Move(r.clock.Now(), all[2], "ada", "STRAT")
		ids := []string{"999999", "x"}
		for _, key := range append([]string{late, foreign, moved}, all[:2]...) {
			ids = append(ids, fmt.Sprint(s.ID(key)))
		}
		b, err := c.(connectors.Receiver).Refetch(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Next) > 0 || b.More || !b.Watermark.IsZero() {
			t.Errorf("reading announced issues moves the cursor to %v", b.Next)
		}
		r.Shelf.Apply(b)
		equal(t, "title", r.item(all[0]).Title, "Announced")
		equal(t, "new issue", r.item(late).Title, "Just made")
		equal(t, "deleted issue", r.item(all[1]).Gone, store.GoneDeleted)
		equal(t, "moved issue", r.item(moved).Gone, store.GoneMoved)
		equal(t, "issues", len(r.Shelf.Items), 7)
		equal(t, "cursor", fmt.Sprint(r.Shelf.Cursor), cursor)

		// Issues that are there take one request, on Cloud even behind the
		// index.
		s.Set(r.clock.Now(), all[0], "ada", "summary", "Announced again")
		s.Set(r.clock.Now(), all[3], "ada", "summary", "Announced too")
		if o.DataCenter {
			r.jira.LagBehind(all[0], 0)
		}
		r.jira.ResetLog()
		b, err = c.(connectors.Receiver).Refetch(t.Context(), []string{fmt.Sprint(s.ID(all[0])), fmt.Sprint(s.ID(all[3]))})
		if err != nil {
			t.Fatal(err)
		}
		r.Shelf.Apply(b)
		equal(t, "titles", r.item(all[0]).Title+", "+r.item(all[3]).Title, "Announced again, Announced too")
		equal(t, "requests", len(r.jira.Log()), 1)
	})
}

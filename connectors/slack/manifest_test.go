package slack

import (
	"os"
	"slices"
	"strings"
	"testing"

	sdk "github.com/slack-go/slack"
	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/connectors/fake"
)

const manifestPath = "../../deploy/slack/manifest.yaml"

func readManifest(t *testing.T) (sdk.Manifest, string) {
	t.Helper()
	raw, err := os.ReadFile(manifestPath)
	if err != nil {
		t.Fatal(err)
	}
	// slack-go's type must know every key: a misspelled one would be ignored.
	d := yaml.NewDecoder(strings.NewReader(string(raw)))
	d.KnownFields(true)
	var m sdk.Manifest
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m, string(raw)
}

// TestManifest loads the shipped manifest and holds its scopes against what the
// connector needs: with them everything is read, and without any one of them
// something is missing.
func TestManifest(t *testing.T) {
	m, raw := readManifest(t)
	scopes := m.OAuthConfig.Scopes.Bot
	want := []string{"channels:history", "channels:read", "reactions:read", "users:read", "users:read.email"}
	equal(t, "scopes", scopes, want)
	equal(t, "scopes that other tests run with", manifestScopes, append(want, "users.profile:read"))
	equal(t, "user scopes", len(m.OAuthConfig.Scopes.User), 0)
	for _, s := range scopes {
		before, _, ok := strings.Cut(raw, "- "+s+"\n")
		lines := strings.Split(strings.TrimRight(before, " "), "\n")
		if !ok || len(lines) < 2 || !strings.HasPrefix(strings.TrimSpace(lines[len(lines)-2]), "#") {
			t.Errorf("no comment says what %s is for", s)
		}
	}
	for _, e := range m.Settings.EventSubscriptions.BotEvents {
		if strings.Contains(e, ".im") || strings.Contains(e, ".mpim") || strings.Contains(e, ".groups") {
			t.Errorf("subscribes to %s", e)
		}
	}
	if len(m.Display.Name) > 35 || len(m.Display.Description) > 140 || len(m.Display.LongDescription) < 174 || len(m.Display.LongDescription) > 4000 {
		t.Errorf("the texts are not as long as Slack wants them: %d, %d and %d", len(m.Display.Name), len(m.Display.Description), len(m.Display.LongDescription))
	}

	read := func(scopes []string) (items, reactions, same int, err error) {
		o := newOffice()
		top := o.say(ago(2, 0), o.dev, o.ada, "top")
		o.reply(ago(2, 1), o.dev, o.ben, "reply", top)
		o.React(o.dev, top, o.ben, "decision")
		r := newRig(t, o.Workspace, fake.SlackOptions{Scopes: scopes})
		err = r.Poll(r.connect())
		for _, id := range r.Shelf.Identities {
			same += len(id.Same)
		}
		for _, it := range r.Shelf.Items {
			reactions += len(it.Attrs["reaction"])
		}
		return len(r.Shelf.Items), reactions, same, err
	}
	items, reactions, same, err := read(scopes)
	if err != nil || items != 1 || reactions != 1 || same != 2 {
		t.Errorf("with the manifest's scopes: %d items, %d reactions, %d addresses, %v", items, reactions, same, err)
	}
	for i, s := range scopes {
		items, reactions, same, err := read(slices.Delete(slices.Clone(scopes), i, i+1))
		if err == nil && items == 1 && reactions == 1 && same == 2 {
			t.Errorf("%s is not needed", s)
		}
		if optional := s == "users:read.email" || s == "reactions:read"; optional != (err == nil) {
			t.Errorf("without %s: %v", s, err)
		}
		if err != nil && !strings.Contains(err.Error(), "missing_scope: the app needs "+s) {
			t.Errorf("without %s the error does not name it: %v", s, err)
		}
	}
}

// TestManifestEvents proves that every event the app subscribes to is understood.
func TestManifestEvents(t *testing.T) {
	m, _ := readManifest(t)
	o := newOffice()
	_, c := hooked(t, o)
	for _, name := range m.Settings.EventSubscriptions.BotEvents {
		kind, _, _ := strings.Cut(name, ".")
		d := signed(`{"type":"event_callback","event_id":"Ev1","event":{"type":"` + kind + `","channel":"C1","ts":"1777539700.000100","item":{"type":"message","channel":"C1","ts":"1777539700.000100"}}}`)
		got, err := c.Receive(d.Header, d.Body, present)
		if err != nil || got.Ignore {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

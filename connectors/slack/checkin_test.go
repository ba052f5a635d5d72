package slack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

func show(list []checkIn) string {
	var out []string
	for _, c := range list {
		line := fmt.Sprintf("%s=%s", c.objective, c.ratio())
		if c.attrs(c.objective)["cites"] == "outcome" {
			line += "+"
		}
		out = append(out, line)
	}
	return strings.Join(out, " ")
}

func TestCheckIns(t *testing.T) {
	for _, c := range []struct{ text, want, bare string }{
		{"confidence PAY 7/10", "PAY=0.7", "PAY=0.7"},
		{"confidence PAY-7: 70%", "PAY-7=0.7", "PAY-7=0.7"},
		{"Confidence: sso-2026 is", "", ""},
		{"CONFIDENCE pay 7", "pay=0.7", "pay=0.7"},
		{"confidence PAY 10", "PAY=1", "PAY=1"},
		{"confidence PAY 0", "PAY=0", "PAY=0"},
		{"confidence PAY 7.5", "PAY=0.75", "PAY=0.75"},
		{"confidence PAY 7,5 / 10 because", "PAY=0.75", "PAY=0.75"},
		{"confidence PAY 72.5%", "PAY=0.725", "PAY=0.725"},
		{"confidence PAY 65/100, up from 50", "PAY=0.65", "PAY=0.65"},
		{"confidence PAY 70 %", "PAY=0.7", "PAY=0.7"},
		{"confidence PAY 🟡", "PAY=0.5", "PAY=0.5"},
		{"PAY: 🟢", "PAY=0.85", "PAY=0.85"},
		{"PAY 🔴 blocked by legal", "PAY=0.15", "PAY=0.15"},
		{"PAY: :large_green_circle:", "PAY=0.85", "PAY=0.85"},
		{"PAY:large_yellow_circle:", "PAY=0.5", "PAY=0.5"},
		{"PAY :large_yellow_circle:", "PAY=0.5", "PAY=0.5"},
		{"*PAY*: :red_circle:", "PAY=0.15", "PAY=0.15"},
		{"• PAY-7: 🟢\n• sso: 🔴\nhello", "PAY-7=0.85 sso=0.15", "PAY-7=0.85 sso=0.15"},
		{"PAY: 🟢\nPAY: 🔴", "PAY=0.15", "PAY=0.15"},
		{"write\n```\nconfidence PAY 7/10\n```\nplease\nconfidence PAY 8/10", "PAY=0.8", "PAY=0.8"},
		{"confidence PAY 7 out of 10", "PAY=0.7", "PAY=0.7"},
		{"confidence PAY 60 of 100", "PAY=0.6", "PAY=0.6"},
		{"confidence PAY 7 percent", "PAY=0.07", "PAY=0.07"},
		{"confidence PAY 70 Prozent", "PAY=0.7", "PAY=0.7"},
		{"confidence PAY 5 -> 8", "PAY=0.8", "PAY=0.8"},
		{"confidence PAY 50% → 80%", "PAY=0.8", "PAY=0.8"},
		{"PAY: 🔴→🟢", "PAY=0.85", "PAY=0.85"},
		{"PAY: :red_circle: => :large_green_circle: finally", "PAY=0.85", "PAY=0.85"},
		{"confidence PAY 7 - on track", "PAY=0.7", "PAY=0.7"},
		// Not check-ins.
		{"confidence PAY 1.0", "", ""}, // all or a tenth?
		{"confidence PAY 0.0", "", ""},
		{"confidence PAY 3 out of 5", "", ""},
		{"confidence PAY 11/10", "", ""},
		{"confidence PAY 7/10/2026", "", ""},
		{"confidence PAY 7 – 9", "", ""},
		{"confidence PAY 7 to 8", "", ""},
		{"confidence PAY 7 ->", "", ""},
		{"confidence PAY 7:30", "", ""},
		{"confidence PAY ７/10", "", ""},
		{"Marie 🔴 today", "", ""},
		{"deploy 🟢", "", ""},
		{"2 questions about it", "", ""},
		{"1. first we ship\n2. then we look", "", ""},
		{"3) last", "", ""},
		{"5, 6 and 7 are done", "", ""},
		{"8:30 works for me", "", ""},
		{"8, since legal agreed", "", "=0.8"},
		{"8.", "", "=0.8"},
		{"8 (was 7)", "", "=0.8"},
		{"6 -> 8", "", "=0.8"},
		{"PAY 7", "", ""},
		{"confidence PAY 11", "", ""},
		{"confidence PAY 7/8", "", ""},
		{"confidence PAY 0.7", "", ""}, // of 1 or of 10?
		{"confidence PAY 101%", "", ""},
		{"confidence PAY 7th", "", ""},
		{"confidence PAY", "", ""},
		{"confidence", "", ""},
		{"my confidence PAY 7/10", "", ""},
		{"confidence -PAY 7", "", ""},
		{"confidence PAY -7", "", ""},
		{"confidence PAY 1234", "", ""},
		{"", "", ""},
		{"confidence PAY 7/10 metric 320ms", "PAY=0.7+", "PAY=0.7+"},
		{"PAY: 🟢, outcome is at 320 ms", "PAY=0.85+", "PAY=0.85+"},
		{"confidence PAY 7/10, no outcome yet", "PAY=0.7", "PAY=0.7"},
		{"confidence outcome 7/10", "outcome=0.7", "outcome=0.7"},
		{"confidence metric 7/10 metric 3", "metric=0.7", "metric=0.7"},
		{"outcome 320 ms", "", ""},
		{"8 metric 320ms", "", "=0.8+"},
		{"🟢", "", "=0.85"},
		{"7/10 going well", "", "=0.7"},
		{"8", "", "=0.8"},
		{"80%", "", "=0.8"},
		{":red_circle: stuck", "", "=0.15"},
	} {
		if got := show(checkIns(c.text, false)); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
		if got := show(checkIns(c.text, true)); got != c.bare {
			t.Errorf("%q under a prompt: got %q, want %q", c.text, got, c.bare)
		}
	}
	if n := len(checkIns(strings.Repeat("x", 10)+strings.Repeat("\na: 🟢\nb: 🟢", 100), false)); n != 2 {
		t.Errorf("%d check-ins", n)
	}
}

func TestPrompted(t *testing.T) {
	for text, want := range map[string]string{
		"Check-in: PAY":             "PAY",
		"*Check-in:* sso-2026\nhow": "sso-2026",
		"check-in:PAY-7, please":    "PAY-7",
		"Check-in:":                 "",
		"No Check-in: PAY":          "",
		"Check-in: ¿?":              "",
	} {
		got, ok := prompted(text, "Check-in:")
		if got != want || ok != (want != "") {
			t.Errorf("%q: got %q %v, want %q", text, got, ok, want)
		}
	}
	if _, ok := prompted("Check-in: PAY", ""); ok {
		t.Error("prompted without a prefix")
	}
}

// FuzzCheckIns proves that whatever is written gives ratios and ids only.
func FuzzCheckIns(f *testing.F) {
	for _, s := range []string{"confidence PAY 7/10", "PAY: 🟢\nx :red_circle:", "7,5%", "confidence a 0.0001/10", "*_a: :large_green_circle:", "confidence x 7/"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, bare bool) {
		for _, c := range checkIns(text, bare) {
			if !(c.confidence >= 0 && c.confidence <= 1) {
				t.Fatalf("%q: confidence %v", text, c.confidence)
			}
			if c.objective == "" && !bare || len(c.objective) > 64 || strings.ContainsAny(c.objective, " \t\r\n") || !strings.Contains(text, c.objective) {
				t.Fatalf("%q: objective %q", text, c.objective)
			}
		}
		prompted(text, "Check-in:")
	})
}

// TestCheckInEvents reads check-ins of a channel that is configured for them,
// and of no other.
func TestCheckInEvents(t *testing.T) {
	o := newOffice()
	plain := o.say(ago(2, 0), o.ops, o.ada, "confidence PAY 7/10\nsso: 🟢")
	elsewhere := o.say(ago(2, 0), o.dev, o.ada, "confidence PAY 7/10")
	byApp := o.Post(ago(2, 1), o.ops, fake.MessageSpec{Author: o.robot, Text: "confidence PAY 9/10"})
	prompt := o.Post(ago(2, 2), o.ops, fake.MessageSpec{Author: o.robot, Text: "*Check-in:* PAY-7 :large_green_circle: / :red_circle:"})
	bare := o.reply(ago(2, 3), o.ops, o.ben, "6/10", prompt)
	for _, emoji := range []string{"large_green_circle", "red_circle"} {
		o.React(o.ops, prompt, o.robot, emoji)
	}
	o.React(o.ops, prompt, o.ada, "large_green_circle")
	o.React(o.ops, prompt, o.ben, "four")
	o.React(o.ops, prompt, o.ben, "eight")
	o.React(o.ops, prompt, o.ada, "tada")
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	r.config = "checkin_channels: [ops]\n"
	c := r.connect()
	r.MustPoll(c)
	checkins := func(channel, ts string) string {
		var out []string
		for _, id := range r.eventIDs(channel, ts) {
			if e := r.Shelf.Events[r.id(channel, ts)+" "+id]; e.Kind == store.EventCheckIn {
				out = append(out, fmt.Sprintf("%s %s %s %s %v", strings.TrimPrefix(id, "check_in/"), strings.TrimPrefix(e.Actor, "slack:"), e.Attrs["objective"], e.Attrs["confidence"], e.Bot))
			}
		}
		return strings.Join(out, "; ")
	}
	equal(t, "two in one message", checkins(o.ops, plain), plain+"/PAY "+o.ada+" PAY 0.7 false; "+plain+"/sso "+o.ada+" sso 0.85 false")
	equal(t, "another channel", checkins(o.dev, elsewhere), "")
	equal(t, "an app", checkins(o.ops, byApp), "")
	// Votes are numbered in the order of ids; of two by one person the lower counts.
	first, second := o.ada+" PAY-7 0.85 false", o.ben+" PAY-7 0.4 false"
	if o.ben < o.ada {
		first, second = second, first
	}
	equal(t, "a prompt", checkins(o.ops, prompt),
		prompt+"/reaction/1 "+first+"; "+prompt+"/reaction/2 "+second+"; "+bare+"/PAY-7 "+o.ben+" PAY-7 0.6 false")

	// A check-in that is edited away is gone.
	o.Edit(r.clock.Now(), o.ops, plain, "sso: 🔴")
	r.later()
	r.MustPoll(c)
	equal(t, "edited", checkins(o.ops, plain), plain+"/sso "+o.ada+" sso 0.15 false")

	// The configured reactions replace the default ones, also for what was read
	// before.
	r.config = "checkin_channels: [ops]\ncheckin_reactions: {tada: 0.9}\n"
	r.later()
	r.MustPoll(r.connect())
	equal(t, "configured reactions", checkins(o.ops, prompt), prompt+"/reaction/1 "+o.ada+" PAY-7 0.9 false; "+bare+"/PAY-7 "+o.ben+" PAY-7 0.6 false")
}

// TestCheckinChannelIsRead: a channel for check-ins is read without being named
// twice, unless it is excluded or private.
func TestCheckinChannelIsRead(t *testing.T) {
	for config, want := range map[string]int{
		"channels: [proj-*]\ncheckin_channels: [ops, secret]\n":                 1,
		"channels: [proj-*]\ncheckin_channels: [ops, secret]\nexclude: [ops]\n": 0,
	} {
		o := newOffice()
		o.say(ago(2, 0), o.ops, o.ada, "confidence PAY 7/10")
		r := newRig(t, o.Workspace, fake.SlackOptions{})
		r.config = config
		r.MustPoll(r.connect())
		n := 0
		for _, e := range r.Shelf.Events {
			if e.Kind == store.EventCheckIn {
				n++
			}
		}
		equal(t, config, n, want)
	}
}

package slack

import (
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// An office is a small workspace: two people, an app, two public channels, and
// talk that is nobody's business.
type office struct {
	*fake.Workspace
	ada, ben, robot           string
	dev, ops                  string
	secret, direct, elsewhere string
}

func newOffice() *office {
	o := &office{Workspace: fake.NewWorkspace("acme")}
	o.ada = o.AddMember(fake.MemberSpec{Name: "ada", RealName: "Ada Lovelace", Email: "ada@example.org", TZ: "Europe/Berlin", Fields: map[string]string{"GitHub": "https://github.com/Ada-L"}})
	o.ben = o.AddMember(fake.MemberSpec{Name: "ben", RealName: "Ben Bitdiddle", Email: "ben@example.org"})
	o.robot = o.AddMember(fake.MemberSpec{Name: "github", RealName: "GitHub", Bot: true})
	both := []string{o.ada, o.ben}
	o.dev = o.AddChannel(start, fake.ChannelSpec{Name: "proj-dev", Creator: o.ada, Members: both, Bot: true})
	o.ops = o.AddChannel(start, fake.ChannelSpec{Name: "ops", Creator: o.ada, Members: both, Bot: true})
	o.secret = o.AddChannel(start, fake.ChannelSpec{Name: "secret", Private: true, Members: both, Bot: true, OffLimits: true})
	o.elsewhere = o.AddChannel(start, fake.ChannelSpec{Name: "elsewhere", Members: both})
	o.direct = o.AddDirect(start, o.ada, o.Bot())
	o.Post(ago(3, 0), o.secret, fake.MessageSpec{Author: o.ada, Text: "whisper"})
	o.Post(ago(3, 0), o.direct, fake.MessageSpec{Author: o.ada, Text: "whisper"})
	return o
}

func (o *office) say(at time.Time, channel, author, text string) string {
	return o.Post(at, channel, fake.MessageSpec{Author: author, Text: text})
}

func (o *office) reply(at time.Time, channel, author, text, thread string) string {
	return o.Post(at, channel, fake.MessageSpec{Author: author, Text: text, Thread: thread})
}

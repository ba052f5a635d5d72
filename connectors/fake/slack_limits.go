package fake

import (
	"slices"
	"time"
)

// A slackMethod is one method of the Web API.
type slackMethod struct {
	rate   int    // requests a minute
	scope  string // needed whatever the arguments are
	answer func(c *slackCall) *response
}

// The rates of Slack's tiers, in requests a minute.
const (
	tier2 = 20
	tier3 = 50
	tier4 = 100
	loose = 600 // "special": methods with rules of their own
)

func slackMethods() map[string]slackMethod {
	return map[string]slackMethod{
		"auth.test":             {loose, "", (*slackCall).authTest},
		"users.conversations":   {tier3, "", (*slackCall).usersConversations},
		"conversations.list":    {tier2, "", (*slackCall).listConversations},
		"conversations.info":    {tier3, "", (*slackCall).conversationInfo},
		"conversations.history": {tier3, "", (*slackCall).history},
		"conversations.replies": {tier3, "", (*slackCall).replies},
		"conversations.members": {tier4, "", (*slackCall).conversationMembers},
		"users.info":            {tier4, "users:read", (*slackCall).userInfo},
		"users.list":            {tier2, "users:read", (*slackCall).listUsers},
		"users.profile.get":     {tier4, "users.profile:read", (*slackCall).userProfile},
		"team.info":             {tier3, "team:read", (*slackCall).teamInfo},
		"team.profile.get":      {tier3, "users.profile:read", (*slackCall).teamProfile},
		"chat.getPermalink":     {loose, "", (*slackCall).permalink},
		"chat.postMessage":      {loose, "chat:write", (*slackCall).postMessage},
		"reactions.get":         {tier3, "reactions:read", (*slackCall).reactionsGet},
	}
}

// allScopes are the scopes that the server asks for anywhere.
func allScopes() []string {
	scopes := []string{"users:read", "users:read.email", "users.profile:read", "team:read", "chat:write", "chat:write.public",
		"reactions:read", "metadata.message:read"}
	for _, k := range []conversationKind{publicChannel, privateChannel, directMessage, groupMessage} {
		scopes = append(scopes, k.scopeWord()+":read", k.scopeWord()+":history")
	}
	slices.Sort(scopes)
	return scopes
}

// A rateWindow counts the requests to one method within a minute.
type rateWindow struct {
	from time.Time
	used int
}

// rate is how often a minute a method may be called.
func (s *Slack) rate(method string, m slackMethod) int {
	if n, ok := s.opts.Rates[method]; ok {
		return n
	}
	if s.opts.Commercial && (method == "conversations.history" || method == "conversations.replies") {
		return 1
	}
	return m.rate
}

// charge counts a request and returns how long to wait when it was one too
// many. Limits hold by method for the app, whatever its token.
func (s *Slack) charge(c *slackCall, m slackMethod) time.Duration {
	if s.opts.NoLimit {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.windows[c.method]
	if w == nil || c.now.Sub(w.from) >= time.Minute || c.now.Before(w.from) {
		w = &rateWindow{from: c.now}
		s.windows[c.method] = w
	}
	if w.used >= s.rate(c.method, m) {
		return max(w.from.Add(time.Minute).Sub(c.now), time.Second)
	}
	w.used++
	return 0
}

// pageLimit reads the limit argument: what a client asks for, at most most,
// and otherwise when it asks for nothing.
func (c *slackCall) pageLimit(otherwise, most int) (int, bool) {
	n, ok := c.number("limit", otherwise)
	if !ok || n < 0 {
		return 0, false
	}
	if n == 0 {
		n = otherwise
	}
	if c.s.opts.Commercial && (c.method == "conversations.history" || c.method == "conversations.replies") {
		most = 15
	}
	return min(n, most), true
}

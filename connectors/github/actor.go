package github

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// An actor is who did something: an account, or an address that git knows.
type actor struct {
	login string
	email string // only when there is no login
	bot   bool
}

const botSuffix = "[bot]"

// identity spells an actor for the store. Logins and addresses are compared
// without letter case, so they are kept in lower case. A deleted account has
// none.
func (a actor) identity() string {
	switch {
	case a.login != "" && a.login != "ghost":
		return "github:" + a.login
	case a.login == "" && a.email != "":
		return "email:" + a.email
	}
	return ""
}

func userActor(u *wireUser) actor {
	if u == nil || u.Login == "" {
		return actor{}
	}
	return loginActor(u.Login, u.Type == "Bot")
}

// loginActor makes an actor of a login. GraphQL leaves out the suffix that
// REST adds to the login of an app.
func loginActor(login string, bot bool) actor {
	login = strings.ToLower(login)
	bot = bot || strings.HasSuffix(login, botSuffix)
	if bot && !strings.HasSuffix(login, botSuffix) {
		login += botSuffix
	}
	return actor{login: login, bot: bot}
}

// gitActor makes an actor of an address. The addresses GitHub gives to those
// who hide theirs name the account: "123+octocat@users.noreply.github.com".
func gitActor(email string) actor {
	email = strings.ToLower(strings.TrimSpace(email))
	local, host, ok := strings.Cut(email, "@")
	if !ok || local == "" {
		return actor{}
	}
	if strings.HasPrefix(host, "users.noreply.") {
		digits, login, plus := strings.Cut(local, "+")
		if _, err := strconv.ParseInt(digits, 10, 64); !plus || err != nil {
			login = local
		}
		return loginActor(login, false)
	}
	return actor{email: email}
}

// author is who wrote a commit.
func (c *commit) author() actor {
	if c.user.login != "" {
		return c.user
	}
	return gitActor(c.email)
}

// fromREST reads a commit as REST gives it: in UTC, without the author's zone.
func (w *wireCommit) commit() commit {
	return commit{
		sha: w.SHA, message: w.Commit.Message, url: w.URL,
		name: w.Commit.Author.Name, email: w.Commit.Author.Email,
		user:     userActor(w.Author),
		authored: w.Commit.Author.Date.UTC().Truncate(time.Second), committed: w.committed().UTC(),
		parents: len(w.Parents),
	}
}

// lastNumber reads the number that ends an API address.
func lastNumber(address string) int64 {
	n, err := strconv.ParseInt(address[strings.LastIndexByte(address, '/')+1:], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// issueKey turns the API address of an issue or pull request into its key.
func issueKey(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	_, rest, ok := strings.Cut(u.Path, "/repos/")
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 4 || parts[2] != "issues" && parts[2] != "pulls" || lastNumber(rest) == 0 {
		return ""
	}
	return parts[0] + "/" + parts[1] + "#" + parts[3]
}

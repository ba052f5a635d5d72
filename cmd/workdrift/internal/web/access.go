package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// A Role is what somebody may do. Each may do what those before it may.
type Role uint8

// The roles.
const (
	Nobody  Role = iota
	Reader       // sees every figure
	Triager      // decides what work counts for, and that work is to stop
)

func (r Role) String() string { return [...]string{"nobody", "read", "triage"}[r] }

// Access says who has which role. The zero value lets nobody in.
//
// Who presents nothing has the role Anyone, or from this machine Local. Local
// is meant for a server that only this machine can reach at all: there the
// operator who tries it out may decide. It never goes to a request that came
// through a proxy or from a page of another name.
type Access struct {
	Users         []User
	Tokens        []Token
	Proxy         *Proxy // nil when no proxy is believed
	Anyone, Local Role
	// OperatorsRead lets whoever reads reload and profile too, where these are
	// switched on. Otherwise that takes the role Triager.
	OperatorsRead bool
}

// A User logs in with a name and a password.
type User struct {
	Name string
	Role Role
	Hash PasswordHash
}

// A Token is a bearer token.
type Token struct {
	Role   Role
	Digest Digest
}

// A Proxy is a server in front of this one that knows who asks.
type Proxy struct {
	Trusted []netip.Prefix // addresses whose headers are believed
	// UserHeader is set to who asks; a request without it is nobody's. It is
	// neither kept nor logged.
	UserHeader string
	// GroupsHeader lists groups, separated by commas. Who is in one of
	// TriageGroups has the role Triager, everybody else Reader.
	GroupsHeader string
	TriageGroups []string
}

// A Digest is that of a token. However it is printed, it reads REDACTED.
type Digest struct{ sum [sha256.Size]byte }

// NewDigest returns the digest of a token.
func NewDigest(token string) Digest { return Digest{sha256.Sum256([]byte(token))} }

// Format implements fmt.Formatter.
func (Digest) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// MarshalText implements encoding.TextMarshaler.
func (Digest) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (Digest) LogValue() slog.Value { return slog.StringValue(redacted) }

// A PasswordHash is a bcrypt hash, which tells the password to who guesses it.
// However it is printed, it reads REDACTED.
type PasswordHash struct{ hash []byte }

const redacted = "REDACTED"

// The costs of hashes that are taken: below, guessing is cheap, above, each
// request would be slow.
const (
	minHashCost = 10
	maxHashCost = 14
)

// NewPasswordHash checks a bcrypt hash. The error does not show it.
func NewPasswordHash(hash string) (PasswordHash, error) {
	cost, err := bcrypt.Cost([]byte(hash))
	if err != nil || cost < minHashCost || cost > maxHashCost {
		return PasswordHash{}, fmt.Errorf("no bcrypt hash of a cost from %d to %d", minHashCost, maxHashCost)
	}
	return PasswordHash{[]byte(hash)}, nil
}

// Format implements fmt.Formatter.
func (PasswordHash) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// MarshalText implements encoding.TextMarshaler.
func (PasswordHash) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (PasswordHash) LogValue() slog.Value { return slog.StringValue(redacted) }

// hashWait is how long a request waits for its turn to have a password checked.
const hashWait = 5 * time.Second

// A whoKey finds in the context of a request the caller it was let in with.
type whoKey struct{}

// A caller is who asks: a role, and the name under which decisions are kept.
type caller struct {
	role Role
	name string
}

// roleOf returns the role of who asked, as it is kept with what they decide.
func roleOf(ctx context.Context) string {
	who, _ := ctx.Value(whoKey{}).(caller)
	return who.name
}

// need is the role that a class takes.
func (a *Access) need(c class) Role {
	switch {
	case c == public:
		return Nobody
	case c == reading, c == operating && a.OperatorsRead:
		return Reader
	}
	return Triager
}

// decoy returns a hash of a password that nobody knows, as slow as those of the
// users.
func (a *Access) decoy() ([]byte, error) {
	if len(a.Users) == 0 {
		return nil, nil
	}
	cost, err := bcrypt.Cost(a.Users[0].Hash.hash)
	if err != nil {
		return nil, fmt.Errorf("the password hash of a user: %w", err)
	}
	return bcrypt.GenerateFromPassword([]byte(rand.Text()), cost)
}

// admit lets only those in who may use a class of routes.
func (s *server) admit(c class, next http.Handler) http.Handler {
	need := s.Access.need(c)
	if need == Nobody {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		role, who, refusal := s.identify(r)
		switch {
		case refusal != nil:
		case role >= need:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), whoKey{}, caller{role, who})))
			return
		case role == Nobody && s.Access.asks():
			refusal = &Refusal{Status: http.StatusUnauthorized, Detail: "This takes a login."}
		case need == Triager:
			refusal = &Refusal{Status: http.StatusForbidden, Detail: "This takes the role triage (see web.access)."}
		default:
			refusal = &Refusal{Status: http.StatusForbidden, Detail: "This takes the role read (see web.access)."}
		}
		switch refusal.Status {
		case http.StatusUnauthorized:
			s.Access.challenge(w.Header())
		case http.StatusTooManyRequests:
			w.Header().Set("Retry-After", strconv.Itoa(int(failureEvery/time.Second)))
		}
		refuse(w, r, refusal)
	})
}

// asks reports whether there is anything to log in with here.
func (a *Access) asks() bool { return len(a.Users)+len(a.Tokens) > 0 || a.Proxy != nil }

// challenge says how to log in. Browsers ask for a password only where one is
// good for something.
func (a *Access) challenge(h http.Header) {
	if len(a.Users) > 0 {
		h.Add("WWW-Authenticate", `Basic realm="workdrift", charset="UTF-8"`)
	}
	if len(a.Tokens) > 0 || len(a.Users) == 0 {
		h.Add("WWW-Authenticate", `Bearer realm="workdrift"`)
	}
}

// identify finds out which role a request has, and under which name its
// decisions are kept: the role, never a person.
func (s *server) identify(r *http.Request) (Role, string, *Refusal) {
	a := &s.Access
	peer := address(r.RemoteAddr)
	from := a.origin(r, peer)
	fields := r.Header.Values("Authorization")
	if len(fields) > 1 {
		return Nobody, "", &Refusal{Status: http.StatusUnauthorized, Detail: "There is more than one login."}
	}
	if len(fields) == 1 {
		scheme, rest, _ := strings.Cut(fields[0], " ")
		switch {
		case strings.EqualFold(scheme, "Bearer") && len(a.Tokens) > 0:
			return s.checked(from, func() (Role, *Refusal) { return a.token(strings.TrimSpace(rest)), nil })
		case strings.EqualFold(scheme, "Basic") && len(a.Users) > 0:
			name, password, _ := r.BasicAuth()
			return s.checked(from, func() (Role, *Refusal) { return s.password(r.Context(), from, name, password) })
		}
	}
	if role := a.Proxy.role(r, peer); role != Nobody {
		return role, role.String(), nil
	}
	if a.Local > a.Anyone && local(r, peer) {
		return a.Local, "local", nil
	}
	return a.Anyone, a.Anyone.String(), nil
}

// checked runs a check of credentials, unless its sender failed too often.
func (s *server) checked(from netip.Addr, check func() (Role, *Refusal)) (Role, string, *Refusal) {
	slow := &Refusal{Status: http.StatusTooManyRequests, Detail: "Too many failed logins from this address."}
	if !s.failures.allowed(from, s.clock()) {
		return Nobody, "", slow
	}
	role, refusal := check()
	switch {
	case refusal != nil:
		return Nobody, "", refusal
	case role == Nobody:
		s.failures.add(from, s.clock())
		return Nobody, "", &Refusal{Status: http.StatusUnauthorized, Detail: "The login is not valid."}
	}
	return role, role.String(), nil
}

// token returns the role of a token. All are compared, so that the time tells
// nothing.
func (a *Access) token(presented string) Role {
	role, digest := Nobody, NewDigest(presented)
	for i := range a.Tokens {
		if subtle.ConstantTimeCompare(a.Tokens[i].Digest.sum[:], digest.sum[:]) == 1 {
			role = a.Tokens[i].Role
		}
	}
	return role
}

// password returns the role of a user. One password is checked at a time, since
// each costs a processor; and the limit is looked at again once it is this
// request's turn, since others of its sender may have failed meanwhile.
func (s *server) password(ctx context.Context, from netip.Addr, name, password string) (Role, *Refusal) {
	timer := time.NewTimer(hashWait)
	defer timer.Stop()
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
	case <-timer.C:
		return Nobody, &Refusal{Status: http.StatusServiceUnavailable, Detail: "Too many logins at once."}
	case <-ctx.Done():
		return Nobody, &Refusal{Status: http.StatusServiceUnavailable, Detail: "The request was given up."}
	}
	if !s.failures.allowed(from, s.clock()) {
		return Nobody, &Refusal{Status: http.StatusTooManyRequests, Detail: "Too many failed logins from this address."}
	}
	// Where there is no such user another hash is compared, so that the time of
	// an answer does not tell which users there are.
	role, hash := Nobody, s.decoy
	for i := range s.Access.Users {
		if u := &s.Access.Users[i]; u.Name == name {
			role, hash = u.Role, u.Hash.hash
		}
	}
	if bcrypt.CompareHashAndPassword(hash, []byte(password)) != nil {
		return Nobody, nil
	}
	return role, nil
}

// role returns what a proxy says about who asks, Nobody when it says nothing or
// is not to be believed.
func (p *Proxy) role(r *http.Request, peer netip.Addr) Role {
	if p == nil || !p.trusts(peer) {
		return Nobody
	}
	users := r.Header.Values(p.UserHeader)
	if len(users) != 1 || strings.TrimSpace(users[0]) == "" {
		return Nobody
	}
	if p.GroupsHeader != "" {
		for group := range strings.SplitSeq(strings.Join(r.Header.Values(p.GroupsHeader), ","), ",") {
			if group = strings.TrimSpace(group); group != "" && slices.Contains(p.TriageGroups, group) {
				return Triager
			}
		}
	}
	return Reader
}

func (p *Proxy) trusts(peer netip.Addr) bool {
	return slices.ContainsFunc(p.Trusted, func(prefix netip.Prefix) bool { return prefix.Contains(peer) })
}

// origin is the address to which failures are counted: behind a proxy that is
// believed, the last address that it was asked from.
func (a *Access) origin(r *http.Request, peer netip.Addr) netip.Addr {
	if a.Proxy == nil || !a.Proxy.trusts(peer) {
		return peer
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if last, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
		return last.Unmap()
	}
	return peer
}

// forwarding are headers that a proxy adds.
var forwarding = []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"}

// local reports whether a request comes from this machine itself: not through a
// proxy on it, and not from a page that was reached under another name.
func local(r *http.Request, peer netip.Addr) bool {
	if !peer.IsLoopback() || slices.ContainsFunc(forwarding, func(name string) bool { return r.Header.Get(name) != "" }) {
		return false
	}
	from := r.Header.Get("Origin")
	if from == "" {
		return loopbackName(r.Host)
	}
	u, err := url.Parse(from)
	return err == nil && loopbackName(u.Host) && loopbackName(r.Host)
}

// loopbackName reports whether a host, with or without a port, is this machine.
func loopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// address returns the address of a peer, the zero one when it has none.
func address(peer string) netip.Addr {
	at, err := netip.ParseAddrPort(peer)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

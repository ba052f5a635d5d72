package github

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	gh "github.com/google/go-github/v60/github"

	"github.com/workdrift/workdrift/connectors"
)

// credentials sign requests.
type credentials interface {
	// token returns what to sign with, the zero Secret to send unsigned.
	token(ctx context.Context) (connectors.Secret, error)
	// id names the credential without giving it away. It stays the same when
	// the token behind it is renewed.
	id() string
	// refused is told that the server did not accept the token. It returns
	// whether another one is worth a try.
	refused() bool
}

// personal is a token from the configuration, or none.
type personal struct{ secret connectors.Secret }

func (p personal) token(context.Context) (connectors.Secret, error) { return p.secret, nil }
func (p personal) refused() bool                                    { return false }

func (p personal) id() string {
	if p.secret.IsZero() {
		return "anonymous"
	}
	sum := sha256.Sum256([]byte("workdrift token id\x00" + p.secret.Reveal()))
	return "token/" + hex.EncodeToString(sum[:4])
}

// Installation tokens live for an hour and are renewed before they end.
const tokenLife = 55 * time.Minute

// installation is a GitHub App on an organisation. It trades a signed
// assertion for a token that lives for an hour.
type installation struct {
	app, install int64
	key          *rsa.PrivateKey
	client       *gh.Client
	gov          *governor
	now          func() time.Time
	timeout      time.Duration

	mu      sync.Mutex
	current connectors.Secret
	made    time.Time // by our clock
}

func newInstallation(cfg appConfig, env connectors.Env, gov *governor, base *url.URL, timeout time.Duration) (*installation, error) {
	pem, err := connectors.SecretSource{File: cfg.PrivateKeyFile, Env: cfg.PrivateKeyEnv}.Load(env.Resolve)
	if err != nil {
		return nil, fmt.Errorf("app: private key: %w", err)
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(pem.Reveal()))
	if err != nil {
		// The parser's own error might quote what it read.
		return nil, errors.New("app: private key: not an RSA key in PEM")
	}
	i := &installation{app: cfg.ID, install: cfg.InstallationID, key: key, gov: gov, now: env.Now, timeout: timeout}
	sign := &signer{
		next:  env.Transport,
		token: func(context.Context) (connectors.Secret, error) { return i.assertion() },
	}
	i.client = gh.NewClient(&http.Client{Transport: connectors.Confine(sign, base), CheckRedirect: connectors.NoRedirect})
	i.client.BaseURL = base
	return i, nil
}

func (i *installation) id() string {
	return "app/" + strconv.FormatInt(i.app, 10) + "/" + strconv.FormatInt(i.install, 10)
}

func (i *installation) refused() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	had := !i.current.IsZero()
	i.current = connectors.Secret{}
	return had
}

func (i *installation) token(ctx context.Context) (connectors.Secret, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if age := i.now().Sub(i.made); !i.current.IsZero() && age >= 0 && age < tokenLife {
		return i.current, nil
	}
	token, err := i.renew(ctx)
	if err != nil && connectors.ReasonOf(err) == connectors.ReasonAuth {
		// The refusal told the server's time: a clock that is off makes an
		// assertion look expired, or not yet valid.
		token, err = i.renew(ctx)
	}
	if err != nil {
		return connectors.Secret{}, err
	}
	i.current, i.made = token, i.now()
	return token, nil
}

func (i *installation) renew(ctx context.Context) (connectors.Secret, error) {
	const what = "make an installation token"
	if err := i.gov.allow(resourceCore); err != nil {
		return connectors.Secret{}, err
	}
	limited, cancel := context.WithTimeout(ctx, i.timeout)
	defer cancel()
	sent, ex := withExchange(limited)
	token, _, err := i.client.Apps.CreateInstallationToken(sent, i.install, nil)
	if err != nil && ex.status == 0 {
		return connectors.Secret{}, connectors.Unanswered(ctx, what, err)
	}
	// The answer to POST is 201; for classification any success will do.
	a := answer{status: ex.status, header: ex.header, date: ex.date}
	if a.status == http.StatusCreated {
		a.status = http.StatusOK
	}
	if err := i.gov.observe("app", a); err != nil {
		return connectors.Secret{}, connectors.Describe(what, err)
	}
	if a.status == http.StatusNotFound {
		return connectors.Secret{}, &connectors.Error{Reason: connectors.ReasonAuth, Err: errors.New(what + ": there is no such installation")}
	}
	if err != nil || token.GetToken() == "" {
		return connectors.Secret{}, &connectors.Error{Reason: connectors.ReasonServer, Err: errors.New(what + ": the answer holds no token")}
	}
	return connectors.NewSecret(token.GetToken()), nil
}

// assertion returns a signed statement that we are the app, in the server's
// time.
func (i *installation) assertion() (connectors.Secret, error) {
	now := i.gov.serverNow()
	claims := jwt.RegisteredClaims{
		Issuer:    strconv.FormatInt(i.app, 10),
		IssuedAt:  jwt.NewNumericDate(now.Add(-time.Minute)),
		ExpiresAt: jwt.NewNumericDate(now.Add(8 * time.Minute)),
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(i.key)
	if err != nil {
		return connectors.Secret{}, errors.New("app: cannot sign with the private key")
	}
	return connectors.NewSecret(signed), nil
}

// A signer adds the credential to requests. It keeps what classification needs
// of each answer and takes the quota headers away: the gates that go-github
// builds on them know neither 429 nor a clock that is off.
type signer struct {
	next  http.RoundTripper
	token func(context.Context) (connectors.Secret, error)
}

// RoundTrip implements http.RoundTripper.
func (s *signer) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := s.token(req.Context())
	if err != nil {
		return nil, err
	}
	if !token.IsZero() {
		req = req.Clone(req.Context())
		req.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	resp, err := s.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if ex, ok := req.Context().Value(exchangeKey{}).(*exchange); ok {
		ex.status, ex.header = resp.StatusCode, resp.Header.Clone()
		ex.date, _ = http.ParseTime(resp.Header.Get("Date"))
	}
	for _, name := range []string{"Retry-After", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		resp.Header.Del(name)
	}
	return resp, nil
}

// An exchange carries the answer's own headers past go-github.
type exchange struct {
	status int
	header http.Header
	date   time.Time
}

type exchangeKey struct{}

func withExchange(ctx context.Context) (context.Context, *exchange) {
	ex := &exchange{header: http.Header{}}
	return context.WithValue(ctx, exchangeKey{}, ex), ex
}

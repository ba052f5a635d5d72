package main

import (
	"errors"
	"fmt"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/connectors"
)

// minTokenLength is the fewest characters of a token that cannot be guessed.
const minTokenLength = 20

// accessOf reads who may do what. Without web.access, whoever reaches the server
// reads, and this machine alone triages where nobody else can reach it.
func accessOf(cfg config.Web) (web.Access, error) {
	in := &cfg.Access
	access := web.Access{OperatorsRead: !in.Configured()}
	switch {
	case cfg.Login:
		access.Anyone = roleOf(in.LoginRole)
	case !in.Configured():
		access.Anyone = web.Reader
		if cfg.Local {
			access.Local = web.Triager
		}
	case cfg.AllowUnauthenticated:
		access.Anyone = web.Reader
	}
	var errs []error
	for i, u := range in.Users {
		hash, err := hashOf(u)
		if err != nil {
			errs = append(errs, fmt.Errorf("web.access.users[%d]: %w", i, err))
			continue
		}
		access.Users = append(access.Users, web.User{Name: u.Name, Role: roleOf(u.Role), Hash: hash})
	}
	for _, c := range in.Clients {
		token, err := connectors.SecretSource{File: c.TokenFile, Env: c.TokenEnv}.Load(nil)
		if err == nil && len(token.Reveal()) < minTokenLength {
			err = fmt.Errorf("the token has fewer than %d characters", minTokenLength)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("web.access.clients: %s: %w", c.Name, err))
			continue
		}
		access.Tokens = append(access.Tokens, web.Token{Role: roleOf(c.Role), Digest: web.NewDigest(token.Reveal())})
	}
	if p := in.Proxy; p != nil {
		access.Proxy = &web.Proxy{Trusted: p.Trusted, UserHeader: p.UserHeader, GroupsHeader: p.GroupsHeader, TriageGroups: p.TriageGroups}
	}
	return access, errors.Join(errs...)
}

func hashOf(u config.AccessUser) (web.PasswordHash, error) {
	hash, err := connectors.SecretSource{File: u.HashFile, Env: u.HashEnv}.Load(nil)
	if err != nil {
		return web.PasswordHash{}, err
	}
	return web.NewPasswordHash(hash.Reveal())
}

// roleOf reads a role, which the configuration has checked.
func roleOf(text string) web.Role {
	if text == web.Triager.String() {
		return web.Triager
	}
	return web.Reader
}

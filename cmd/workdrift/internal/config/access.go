package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Access says who may read, and who may decide what work counts for.
type Access struct {
	Users   []AccessUser   `yaml:"users" config:"private"`
	Clients []AccessClient `yaml:"clients"`
	Proxy   *AccessProxy   `yaml:"proxy"`
	// LoginRole is the role of whom ConfigFile of Web lets in.
	LoginRole string `yaml:"login_role"`
}

// An AccessUser logs in with a password. Paths are absolute.
type AccessUser struct {
	Name     string `yaml:"name"`
	Role     string `yaml:"role"`
	HashFile string `yaml:"password_hash_file"` // of a bcrypt hash
	HashEnv  string `yaml:"password_hash_env"`
}

// An AccessClient is a program with a token. Paths are absolute.
type AccessClient struct {
	Name      string `yaml:"name"`
	Role      string `yaml:"role"`
	TokenFile string `yaml:"token_file"`
	TokenEnv  string `yaml:"token_env"`
}

// An AccessProxy is a server in front that knows who asks.
type AccessProxy struct {
	TrustedAddresses []string `yaml:"trusted_addresses"`
	UserHeader       string   `yaml:"user_header"`
	GroupsHeader     string   `yaml:"groups_header"`
	TriageGroups     []string `yaml:"triage_groups"`

	// Trusted are TrustedAddresses as networks.
	Trusted []netip.Prefix `yaml:"-"`
}

// Configured reports whether anybody can log in.
func (a *Access) Configured() bool { return len(a.Users)+len(a.Clients) > 0 || a.Proxy != nil }

// roles are what somebody may do.
func roles() []string { return []string{"read", "triage"} }

// access checks who may do what.
func (d *decoder) access(w *Web, resolve func(string) string) {
	a := &w.Access
	d.oneOf("web.access.login_role", a.LoginRole, roles())
	names := map[string]bool{}
	for i := range a.Users {
		u, path := &a.Users[i], fmt.Sprintf("web.access.users[%d]", i)
		d.private++ // a name is a person's
		if d.required(path, "name", u.Name) && strings.ContainsAny(u.Name, ":\r\n") {
			d.errorf(path+".name", "must not contain a colon or a line break")
		}
		d.private--
		if names[u.Name] {
			d.errorf(path+".name", "is given twice")
		}
		names[u.Name] = true
		d.role(path, u.Role)
		d.oneSource(path, "password_hash", u.HashFile, u.HashEnv)
		u.HashFile = resolve(u.HashFile)
	}
	names = map[string]bool{}
	for i := range a.Clients {
		c, path := &a.Clients[i], fmt.Sprintf("web.access.clients[%d]", i)
		if d.required(path, "name", c.Name) && !idPattern.MatchString(c.Name) {
			d.errorf(path+".name", idHint)
		}
		if names[c.Name] {
			d.errorf(path+".name", "is given twice")
		}
		names[c.Name] = true
		d.role(path, c.Role)
		d.oneSource(path, "token", c.TokenFile, c.TokenEnv)
		c.TokenFile = resolve(c.TokenFile)
	}
	if a.Proxy != nil {
		d.accessProxy(a.Proxy)
	}
}

func (d *decoder) role(path, role string) {
	if d.required(path, "role", role) {
		d.oneOf(path+".role", role, roles())
	}
}

// oneSource reports a secret that is nowhere, or in two places.
func (d *decoder) oneSource(path, key, file, env string) {
	switch {
	case file == "" && env == "":
		d.errorf(path, "give %s_file or %[1]s_env", key)
	case file != "" && env != "":
		d.errorf(path, "give %s_file or %[1]s_env, not both", key)
	}
}

func (d *decoder) accessProxy(p *AccessProxy) {
	const path = "web.access.proxy"
	if len(p.TrustedAddresses) == 0 {
		d.errorf(path+".trusted_addresses", "name the addresses of the proxy; from any other its headers mean nothing")
	}
	p.Trusted = nil
	for i, text := range p.TrustedAddresses {
		at := fmt.Sprintf("%s.trusted_addresses[%d]", path, i)
		prefix, err := netip.ParsePrefix(text)
		if one, oneErr := netip.ParseAddr(text); oneErr == nil && one.Zone() == "" {
			prefix, err = netip.PrefixFrom(one.Unmap(), one.Unmap().BitLen()), nil
		}
		switch {
		case err != nil:
			d.errorf(at, "is no address or network; write 10.1.2.3 or 10.1.0.0/16")
		case prefix.Bits() == 0:
			d.errorf(at, "is every address, so anybody could say who they are")
		default:
			p.Trusted = append(p.Trusted, prefix.Masked())
		}
	}
	if d.required(path, "user_header", p.UserHeader) && !isHeader(p.UserHeader) {
		d.errorf(path+".user_header", "is no name of a header that a proxy may set")
	}
	if p.GroupsHeader != "" && !isHeader(p.GroupsHeader) {
		d.errorf(path+".groups_header", "is no name of a header that a proxy may set")
	}
	if (p.GroupsHeader == "") != (len(p.TriageGroups) == 0) {
		d.errorf(path, "groups_header and triage_groups go together")
	}
}

// isHeader reports whether a header can carry who asks: not one that clients
// and servers use among themselves.
func isHeader(name string) bool {
	taken := []string{"authorization", "cookie", "host", "origin", "content-type", "content-length", "x-forwarded-for"}
	return isWord(name) && !strings.Contains(name, "_") && !slices.Contains(taken, strings.ToLower(name))
}

// asksPasswords tells whether a web configuration file of the exporter-toolkit
// asks for passwords.
func asksPasswords(raw []byte) bool {
	var file struct {
		Users map[string]string `yaml:"basic_auth_users"`
	}
	return yaml.Unmarshal(raw, &file) == nil && len(file.Users) > 0
}

// openSecrets warns of files that every user of the machine can read.
func (a *Access) openSecrets(w *decoder) {
	for i, u := range a.Users {
		w.openSecret(fmt.Sprintf("web.access.users[%d].password_hash_file", i), u.HashFile)
	}
	for i, c := range a.Clients {
		w.openSecret(fmt.Sprintf("web.access.clients[%d].token_file", i), c.TokenFile)
	}
}

package config

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// secretWords end the names of keys that would hold a secret.
var secretWords = []string{
	"token", "tokens", "password", "passwords", "passwd", "passphrase", "secret", "secrets",
	"private_key", "api_key", "apikey", "credential", "credentials",
}

// secretStarts begin the tokens of the providers and key files, so that one is
// recognised under whichever key it was pasted.
var secretStarts = []string{
	"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "xoxb-", "xoxp-", "xoxa-", "xapp-", "xoxe.",
	"ATATT3x", "https://hooks.slack.com/services/", "-----BEGIN",
}

func isSecretName(key string) bool {
	key = strings.ReplaceAll(strings.ToLower(key), "-", "_")
	return slices.ContainsFunc(secretWords, func(word string) bool {
		return key == word || strings.HasSuffix(key, "_"+word)
	})
}

// isInlineSecret reports whether an entry holds a secret itself rather than a
// mapping that says where it lies.
func isInlineSecret(key, value *yaml.Node) bool {
	return isSecretName(key.Value) && value.Kind != yaml.MappingNode &&
		(value.Kind != yaml.AliasNode || value.Alias == nil || value.Alias.Kind != yaml.MappingNode)
}

// looksSecret recognises tokens, key files and addresses with a password.
func looksSecret(value string) bool {
	value = strings.TrimSpace(value)
	if slices.ContainsFunc(secretStarts, func(p string) bool { return strings.HasPrefix(value, p) }) {
		return true
	}
	_, rest, isURL := strings.Cut(value, "://")
	if !isURL {
		return false
	}
	authority, _, _ := strings.Cut(rest, "/")
	user, _, hasUser := strings.Cut(authority, "@")
	return hasUser && strings.Contains(user, ":")
}

// secrets reports every secret that stands in the document itself, wherever it
// stands and whether or not anybody would read it. Aliases are not followed:
// what they repeat is met where it is defined.
func (d *decoder) secrets(root *yaml.Node) {
	const pasted = "this looks like a secret; put it in a file or an environment variable and name that"
	var trail []string // the way from the root, joined only for a message
	var walk func(n *yaml.Node)
	report := func(n *yaml.Node, format string, args ...any) {
		path := ""
		for _, step := range trail {
			if strings.HasPrefix(step, "[") {
				path += step
			} else {
				path = d.join(path, step)
			}
		}
		d.at(n, path, format, args...)
	}
	within := func(step string, do func()) {
		trail = append(trail, step)
		do()
		trail = trail[:len(trail)-1]
	}
	walk = func(n *yaml.Node) {
		switch n.Kind {
		case yaml.ScalarNode:
			if looksSecret(n.Value) {
				report(n, pasted)
			}
		case yaml.SequenceNode:
			for i, item := range n.Content {
				within("["+strconv.Itoa(i)+"]", func() { walk(item) })
			}
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				key, value := n.Content[i], n.Content[i+1]
				if looksSecret(key.Value) {
					report(key, pasted)
					continue
				}
				within(key.Value, func() {
					if isInlineSecret(key, value) {
						report(key, "a secret must not stand in the configuration; "+
							"name its file with %s_file or its environment variable with %[1]s_env", key.Value)
						return
					}
					walk(value)
				})
			}
		}
	}
	walk(root)
}

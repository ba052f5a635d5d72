package config

import (
	"fmt"
	"slices"
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
func (d *decoder) secrets(n *yaml.Node, path string) {
	switch n.Kind {
	case yaml.ScalarNode:
		if looksSecret(n.Value) {
			d.at(n, path, "this looks like a secret; put it in a file or an environment variable and name that")
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			d.secrets(item, fmt.Sprintf("%s[%d]", path, i))
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			switch {
			case looksSecret(key.Value):
				d.at(key, path, "this looks like a secret; put it in a file or an environment variable and name that")
			case isInlineSecret(key, value):
				d.at(key, d.join(path, key.Value),
					"a secret must not stand in the configuration; name its file with %s_file or its environment variable with %[1]s_env", key.Value)
			default:
				d.secrets(value, d.join(path, key.Value))
			}
		}
	}
}

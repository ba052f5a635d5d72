package fake

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// installationToken answers POST /app/installations/{id}/access_tokens: a new
// token for an hour, for a valid JWT of the App.
func (c *call) installationToken() *response {
	if wrong := c.checkJWT(); wrong != "" {
		return c.fail(http.StatusUnauthorized, wrong)
	}
	g := c.g
	expires := c.now.Add(time.Hour).UTC().Truncate(time.Second)
	g.mu.Lock()
	g.minted++
	token := "ghs_" + hex.EncodeToString(digest(nil, "installation token", strconv.Itoa(g.minted)))[:36]
	g.tokens[token] = expires
	g.mu.Unlock()
	var e encoder
	e.open('{')
	e.str("token", token)
	e.time("expires_at", expires)
	e.obj("permissions")
	for _, p := range []string{"contents", "issues", "metadata", "pull_requests"} {
		e.str(p, "read")
	}
	e.close('}')
	e.str("repository_selection", "all")
	e.close('}')
	return &response{status: http.StatusCreated, body: e.b}
}

// checkJWT checks the App's JWT: RS256, signed with its key, issued not later
// than now, and valid for at most ten minutes. It returns what is wrong.
func (c *call) checkJWT() string {
	const undecoded = "A JSON web token could not be decoded"
	parts := strings.Split(c.token, ".")
	if len(parts) != 3 {
		return undecoded
	}
	var header struct {
		Alg string `json:"alg"`
	}
	var claims struct {
		Iat float64         `json:"iat"`
		Exp float64         `json:"exp"`
		Iss json.RawMessage `json:"iss"`
	}
	if decodePart(parts[0], &header) != nil || decodePart(parts[1], &claims) != nil || header.Alg != "RS256" {
		return undecoded
	}
	if key := c.g.opts.AppKey; key != nil {
		sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
		sig, err := base64.RawURLEncoding.DecodeString(parts[2])
		if err != nil || rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) != nil {
			return undecoded
		}
	}
	now := float64(c.now.Unix())
	switch {
	case claims.Exp <= now || claims.Exp > now+600+60:
		return "'Expiration time' claim ('exp') is too far in the future or has passed"
	case claims.Iat > now+60:
		return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
	case c.g.opts.AppID != "" && strings.Trim(string(claims.Iss), `"`) != c.g.opts.AppID:
		return "'Issuer' claim ('iss') must be an Integer"
	}
	return ""
}

func decodePart(part string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

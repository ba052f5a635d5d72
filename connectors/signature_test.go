package connectors

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return macPrefix + hex.EncodeToString(mac.Sum(nil))
}

// The example of GitHub's documentation, so that we do not only agree with
// ourselves.
func TestVerifySHA256KnownAnswer(t *testing.T) {
	err := VerifySHA256([]string{"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
		[]byte("Hello, World!"), []Secret{NewSecret("It's a Secret to Everybody")})
	if err != nil {
		t.Error(err)
	}
}

func TestVerifySHA256(t *testing.T) {
	body := []byte(`{"action":"opened"}`)
	good := sign("one", body)
	sum := hmac.New(sha1.New, []byte("one"))
	sum.Write(body)
	old := hex.EncodeToString(sum.Sum(nil))
	one, two := NewSecret("one"), NewSecret("two")
	for name, c := range map[string]struct {
		values  []string
		secrets []Secret
		want    error
	}{
		"good":                     {[]string{good}, []Secret{one}, nil},
		"the first of two":         {[]string{good}, []Secret{one, two}, nil},
		"the second of two":        {[]string{good}, []Secret{two, one}, nil},
		"no secret":                {[]string{good}, nil, ErrNoHook},
		"no secret, no signature":  {nil, nil, ErrNoHook},
		"an empty secret":          {[]string{sign("", body)}, []Secret{{}}, ErrSignature},
		"unsigned":                 {nil, []Secret{one}, ErrSignature},
		"empty":                    {[]string{""}, []Secret{one}, ErrSignature},
		"another secret":           {[]string{sign("three", body)}, []Secret{one, two}, ErrSignature},
		"another body":             {[]string{sign("one", body[1:])}, []Secret{one}, ErrSignature},
		"twice":                    {[]string{good, good}, []Secret{one}, ErrSignature},
		"good and bad":             {[]string{good, "sha256=00"}, []Secret{one}, ErrSignature},
		"two in one":               {[]string{good + "," + good}, []Secret{one}, ErrSignature},
		"upper case":               {[]string{macPrefix + strings.ToUpper(good[len(macPrefix):])}, []Secret{one}, ErrSignature},
		"upper-case algorithm":     {[]string{strings.Replace(good, "sha", "SHA", 1)}, []Secret{one}, ErrSignature},
		"truncated":                {[]string{good[:len(good)-1]}, []Secret{one}, ErrSignature},
		"half":                     {[]string{good[:len(macPrefix)+32]}, []Secret{one}, ErrSignature},
		"longer":                   {[]string{good + "0"}, []Secret{one}, ErrSignature},
		"white space before":       {[]string{" " + good}, []Secret{one}, ErrSignature},
		"white space after":        {[]string{good + "\n"}, []Secret{one}, ErrSignature},
		"without algorithm":        {[]string{good[len(macPrefix):]}, []Secret{one}, ErrSignature},
		"SHA-1":                    {[]string{"sha1=" + old}, []Secret{one}, ErrSignature},
		"SHA-1 named SHA-256":      {[]string{macPrefix + old}, []Secret{one}, ErrSignature},
		"none":                     {[]string{"none"}, []Secret{one}, ErrSignature},
		"zeros":                    {[]string{macPrefix + strings.Repeat("0", 64)}, []Secret{one}, ErrSignature},
		"no hexadecimal":           {[]string{macPrefix + strings.Repeat("g", 64)}, []Secret{one}, ErrSignature},
		"a letter of two bytes":    {[]string{macPrefix + strings.Repeat("é", 32)}, []Secret{one}, ErrSignature},
		"the signature of nothing": {[]string{sign("one", nil)}, []Secret{one}, ErrSignature},
	} {
		if err := VerifySHA256(c.values, body, c.secrets); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// mutate changes a signature in one of the ways an attacker or a broken proxy
// would.
func mutate(r *rand.Rand, s string) string {
	b := []byte(s)
	i := r.IntN(len(b))
	switch r.IntN(6) {
	case 0:
		b[i] ^= 1 << r.IntN(8)
	case 1:
		b = slices.Delete(b, i, i+1)
	case 2:
		b = slices.Insert(b, i, byte(r.IntN(256)))
	case 3:
		b = b[:i]
	case 4:
		b = append(b, b[:i]...)
	case 5:
		j := r.IntN(len(b))
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

func TestVerifySHA256Mutations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	secrets := []Secret{NewSecret("one"), NewSecret("two")}
	body := make([]byte, 300)
	refused := 0
	for range 10_000 {
		for i := range body {
			body[i] = byte(r.IntN(256))
		}
		good := sign([]string{"one", "two"}[r.IntN(2)], body)
		if err := VerifySHA256([]string{good}, body, secrets); err != nil {
			t.Fatalf("%s: %v", good, err)
		}
		bad := mutate(r, good)
		if bad == good {
			continue
		}
		refused++
		if VerifySHA256([]string{bad}, body, secrets) == nil {
			t.Fatalf("%q passes for %q", bad, good)
		}
		other := slices.Clone(body)
		other[r.IntN(len(other))] ^= 1 << r.IntN(8)
		if VerifySHA256([]string{good}, other, secrets) == nil {
			t.Fatalf("the signature of one body passes for another")
		}
	}
	if refused < 9000 {
		t.Fatalf("only %d mutations", refused)
	}
}

func FuzzVerifySHA256(f *testing.F) {
	body := []byte("{}")
	good := sign("one", body)
	f.Add(good, body)
	f.Add("sha256=", []byte{})
	f.Add(strings.ToUpper(good), body)
	f.Fuzz(func(t *testing.T, value string, body []byte) {
		err := VerifySHA256([]string{value}, body, []Secret{NewSecret("one")})
		if genuine := value == sign("one", body); genuine != (err == nil) {
			t.Errorf("%q of %q: %v", value, body, err)
		}
		if err != nil && !errors.Is(err, ErrSignature) {
			t.Errorf("%q: %v", value, err)
		}
	})
}

// macComparisons returns what compares something that comes of a MAC, or is
// named like one, with anything but hmac.Equal.
func macComparisons(file *ast.File) []token.Pos {
	var bad []token.Pos
	suspect := func(e ast.Expr) bool {
		if call, ok := e.(*ast.CallExpr); ok {
			if fun, ok := call.Fun.(*ast.Ident); ok && fun.Name == "len" {
				return false // its length gives nothing away
			}
		}
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			name := strings.ToLower(id.Name)
			for _, word := range []string{"mac", "hmac", "digest", "signature", "sum"} {
				found = found || name == word || word != "sum" && word != "mac" && strings.HasSuffix(name, word)
			}
			return true
		})
		return found
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if (n.Op == token.EQL || n.Op == token.NEQ) && (suspect(n.X) || suspect(n.Y)) {
				bad = append(bad, n.Pos())
			}
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			compares := ok && (pkg.Name == "bytes" || pkg.Name == "strings" || pkg.Name == "slices" || pkg.Name == "reflect") &&
				slices.Contains([]string{"Equal", "EqualFold", "Compare", "Contains", "HasPrefix", "DeepEqual"}, sel.Sel.Name)
			if compares && slices.ContainsFunc(n.Args, suspect) {
				bad = append(bad, n.Pos())
			}
		}
		return true
	})
	return bad
}

// No MAC is compared but in constant time.
func TestMACsAreComparedInConstantTime(t *testing.T) {
	fset := token.NewFileSet()
	files, verifying := 0, 0
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "fake") {
			return err
		}
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		files++
		// Only where a MAC is made or judged: elsewhere sums are fingerprints.
		if slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"crypto/hmac"` }) ||
			strings.Contains(path, "hook") || strings.Contains(path, "signature") {
			verifying++
			for _, pos := range macComparisons(file) {
				t.Errorf("%s compares a MAC; use hmac.Equal", fset.Position(pos))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 || verifying < 2 {
		t.Errorf("looked at %d files, %d of them with MACs", files, verifying)
	}
	const wrong = `package x
	func f(mac, sum []byte, h hash.Hash, sent, signature string) bool {
		_ = bytes.Equal(mac, sent)
		_ = string(h.Sum(nil)) == sent
		_ = strings.EqualFold(signature, sent)
		_ = sum != nil
		_ = len(mac) == 32
		return hmac.Equal(mac, sum)
	}`
	file, err := parser.ParseFile(fset, "wrong.go", wrong, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(macComparisons(file)); got != 4 {
		t.Errorf("the check finds %d of 4 wrong comparisons", got)
	}
}

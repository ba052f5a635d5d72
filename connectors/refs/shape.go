package refs

import "strings"

// Limits of what still counts as a key or a number. They keep digests and
// other long runs of capitals from becoming keys.
const (
	maxProject = 32
	maxDigits  = 10
)

// keyLen returns the length of the ticket key that s starts with, 0 when
// there is none: an upper-case letter, at least one more upper-case letter or
// digit, a dash, and a number without leading zeros. It does not look at what
// follows the key.
func keyLen(s string) int {
	i := 0
	for i < len(s) && i <= maxProject && (isUpper(s[i]) || i > 0 && isDigit(s[i])) {
		i++
	}
	if i < 2 || i > maxProject || i == len(s) || s[i] != '-' {
		return 0
	}
	n := digitsLen(s[i+1:])
	if n == 0 || !isNumber(s[i+1:i+1+n]) {
		return 0
	}
	return i + 1 + n
}

// isKey reports whether all of s is one ticket key.
func isKey(s string) bool { return s != "" && keyLen(s) == len(s) }

// digitsLen counts the digits that s starts with, at most one more than a
// number may have.
func digitsLen(s string) int {
	n := 0
	for n < len(s) && n <= maxDigits && isDigit(s[n]) {
		n++
	}
	return n
}

// isNumber reports whether s is a number as issues have them.
func isNumber(s string) bool {
	return s != "" && len(s) <= maxDigits && s[0] != '0' && digitsLen(s) == len(s)
}

// isSHA reports whether s is a full SHA-1 object name in lower case.
func isSHA(s string) bool {
	if len(s) != 40 {
		return false
	}
	for i := range len(s) {
		if !isDigit(s[i]) && (s[i] < 'a' || s[i] > 'f') {
			return false
		}
	}
	return true
}

// isRepo reports whether s is spelled owner/name.
func isRepo(s string) bool {
	owner, name, ok := strings.Cut(s, "/")
	return ok && owner != "" && name != "" && !strings.Contains(name, "/") && isWord(owner[0])
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isWord(c byte) bool {
	return isUpper(c) || isDigit(c) || c >= 'a' && c <= 'z' || c == '_'
}

// inChunk reports whether c continues a name, a path or an address. A key is
// only a key when it fills such a chunk.
func inChunk(c byte) bool {
	return isWord(c) || c == '-' || c == '.' || c == '/' || c == '@'
}

func chunkLen(s string) int {
	n := 0
	for n < len(s) && inChunk(s[n]) {
		n++
	}
	return n
}

// trimChunk removes the punctuation and emphasis around a chunk: "-PAY-7",
// "_PAY-7_", "PAY-7.".
func trimChunk(s string) string {
	return strings.TrimRight(strings.TrimLeft(s, "-_"), "-_./")
}

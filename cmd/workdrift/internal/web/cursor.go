package web

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// How many entries a page has.
const (
	pageSize    = 50
	maxPageSize = 500
)

// pageOf returns the page of a list that a request asks for, and the cursor of
// the next, "" after the last. A cursor names the entry before the page, so
// that a list that changes meanwhile skips and repeats as little as can be; the
// place in the list is used where that entry is gone. CSV is not cut into pages
// unless a limit is given.
func pageOf[T any](r *http.Request, entries []T, key func(*T) string) ([]T, string, error) {
	q := r.URL.Query()
	size, err := limitOf(q, wantsCSV(r), len(entries))
	if err != nil {
		return nil, "", err
	}
	from := 0
	if q.Has("cursor") {
		at, last, ok := parseCursor(q.Get("cursor"))
		if !ok {
			return nil, "", &Refusal{Status: http.StatusBadRequest, Detail: "The cursor is not one of this API."}
		}
		from = min(at, len(entries))
		if i := slices.IndexFunc(entries, func(e T) bool { return key(&e) == last }); i >= 0 {
			from = i + 1
		}
	}
	entries = entries[from:]
	if len(entries) <= size {
		return entries, "", nil
	}
	return entries[:size], formatCursor(from+size, key(&entries[size-1])), nil
}

func limitOf(q url.Values, all bool, entries int) (int, error) {
	if !q.Has("limit") {
		if all {
			return entries, nil
		}
		return pageSize, nil
	}
	n, err := strconv.Atoi(q.Get("limit"))
	if err != nil || n < 1 || n > maxPageSize {
		return 0, &Refusal{Status: http.StatusBadRequest, Detail: "The limit must be from 1 to " + strconv.Itoa(maxPageSize) + "."}
	}
	return n, nil
}

func formatCursor(at int, last string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(at) + " " + last))
}

func parseCursor(text string) (at int, last string, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return 0, "", false
	}
	number, last, found := strings.Cut(string(b), " ")
	at, err = strconv.Atoi(number)
	return at, last, found && err == nil && at >= 0
}

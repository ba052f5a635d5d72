package web

import (
	"container/list"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// hooksPath is where deliveries go: /hooks/<instance>.
const hooksPath = "/hooks/"

// What strangers can make us do. A delivery that is refused is not lost: polls
// find what it would have announced.
const (
	hookReadTimeout = 10 * time.Second
	hookRate        = 50  // deliveries of one instance per second
	hookBurst       = 200 // at once
	// Bodies being read take this much memory together, and a little more
	// while they grow.
	hookMemory = 20 << 20
	// How long and how many deliveries of one instance are remembered, to tell
	// one that is repeated. Sources repeat within hours.
	hookRemembered = 10_000
	hookTTL        = 24 * time.Hour
)

// ErrUnsigned is wrapped when the signature of a delivery does not verify.
var ErrUnsigned = errors.New("the signature does not verify")

// An Outcome is what became of a delivery.
type Outcome string

// The outcomes of a delivery.
const (
	Accepted    Outcome = "accepted"
	Duplicate   Outcome = "duplicate"
	Ignored     Outcome = "ignored" // it announces nothing
	Unsigned    Outcome = "unsigned"
	TooLarge    Outcome = "too_large"
	RateLimited Outcome = "rate_limited"
	Malformed   Outcome = "malformed"
)

// A Delivery is what a verified webhook delivery says.
type Delivery struct {
	ID      string   // the same when it is repeated, "" when unknown
	Objects []string // what changed, as the connector calls it
	Ignore  bool     // it announces nothing
	Reply   []byte   // the answer its sender expects, if any
}

// A Hook takes the deliveries of one connector. Its functions may be called
// concurrently and return at once.
type Hook struct {
	// Check refuses a delivery by its headers alone.
	Check func(h http.Header) error
	// Receive verifies a delivery before it reads it. It keeps neither the
	// headers nor the body.
	Receive func(h http.Header, body []byte) (Delivery, error)
	// Hint is told what is to be read again.
	Hint func(objects []string)
	// Count counts a delivery.
	Count func(Outcome)
}

// HookOptions are what the handler of deliveries needs.
type HookOptions struct {
	Log *slog.Logger
	Now func() time.Time
	// Find returns the hook of an instance, and false when there is no such
	// instance or it takes no deliveries.
	Find func(instance string) (Hook, bool)
	// BodyLimit is the size of the largest delivery in bytes.
	BodyLimit int64
}

// NewHooks returns the handler of POST /hooks/{instance}. A delivery needs no
// login: its signature is the login. It is answered as soon as it is verified;
// what it announces is read later.
//
// Cheap checks come first: a stranger's body is not read at all unless its
// headers could be those of a source, and nothing of it is parsed before the
// signature verifies.
func NewHooks(o HookOptions) http.Handler {
	bodies := min(max(hookMemory/max(o.BodyLimit, 1), 2), 8)
	return secured(&hooks{
		HookOptions: o, bodies: make(chan struct{}, bodies), instances: map[string]*hookState{},
		buffers: sync.Pool{New: func() any { return new([]byte) }},
	})
}

type hooks struct {
	HookOptions
	bodies  chan struct{} // a token for each body that is being read
	buffers sync.Pool

	mu        sync.Mutex
	instances map[string]*hookState
}

// A hookState is what is remembered of one instance.
type hookState struct {
	limiter *rate.Limiter
	seen    memory // guarded by hooks.mu
}

// find returns the hook of a path, and what is remembered of it. What is no
// longer configured is forgotten, so that strangers cannot fill the memory.
func (h *hooks) find(path string) (Hook, *hookState, bool) {
	instance, ok := strings.CutPrefix(path, hooksPath)
	if !ok {
		return Hook{}, nil, false
	}
	hook, ok := h.Find(instance)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !ok {
		delete(h.instances, instance)
		return Hook{}, nil, false
	}
	s := h.instances[instance]
	if s == nil {
		s = &hookState{limiter: rate.NewLimiter(hookRate, hookBurst), seen: newMemory()}
		h.instances[instance] = s
	}
	return hook, s, true
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hook, state, ok := h.find(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		plain(w, http.StatusMethodNotAllowed, "Deliveries are posted.\n")
		return
	}
	if code, outcome, text := h.refuse(hook, state, r); code != 0 {
		h.answer(w, hook, code, outcome, text)
		return
	}
	select {
	case h.bodies <- struct{}{}:
		defer func() { <-h.bodies }()
	default:
		h.answer(w, hook, http.StatusTooManyRequests, RateLimited, "Too many deliveries at once.\n")
		return
	}
	buffer := h.buffers.Get().(*[]byte)
	defer h.buffers.Put(buffer)
	if code, outcome, text := h.read(w, r, buffer); code != 0 {
		h.answer(w, hook, code, outcome, text)
		return
	}
	h.receive(w, r, hook, state, *buffer)
}

// refuse judges a delivery by what is known before its body is read; code 0
// lets it through.
func (h *hooks) refuse(hook Hook, state *hookState, r *http.Request) (code int, outcome Outcome, text string) {
	if err := hook.Check(r.Header); err != nil {
		return http.StatusUnauthorized, Unsigned, "The delivery is not signed.\n"
	}
	if encodings := r.Header.Values("Content-Encoding"); len(encodings) > 0 {
		return http.StatusUnsupportedMediaType, Malformed, "Deliveries are not compressed.\n"
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		return http.StatusUnsupportedMediaType, Malformed, "Deliveries are application/json.\n"
	}
	if r.ContentLength > h.BodyLimit {
		return http.StatusRequestEntityTooLarge, TooLarge, "The delivery is too large.\n"
	}
	if !state.limiter.AllowN(h.Now(), 1) {
		return http.StatusTooManyRequests, RateLimited, "Too many deliveries.\n"
	}
	return 0, "", ""
}

func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

// read reads the body into a buffer, up to the limit.
func (h *hooks) read(w http.ResponseWriter, r *http.Request, buffer *[]byte) (code int, outcome Outcome, text string) {
	// The server has a limit of its own; a handler in a test may have none.
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(hookReadTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return http.StatusInternalServerError, Malformed, "The connection cannot be limited.\n"
	}
	body, err := readAll(http.MaxBytesReader(w, r.Body, h.BodyLimit), (*buffer)[:0])
	*buffer = body
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return 0, "", ""
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, TooLarge, "The delivery is too large.\n"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout, Malformed, "The delivery took too long.\n"
	}
	return http.StatusBadRequest, Malformed, "The delivery is not complete.\n"
}

// readAll is io.ReadAll into a buffer that is used again.
func readAll(r io.Reader, into []byte) ([]byte, error) {
	for {
		if len(into) == cap(into) {
			into = append(into, 0)[:len(into)]
		}
		n, err := r.Read(into[len(into):cap(into)])
		into = into[:len(into)+n]
		if errors.Is(err, io.EOF) {
			return into, nil
		}
		if err != nil {
			return into, err
		}
	}
}

// receive hands a body over and answers.
func (h *hooks) receive(w http.ResponseWriter, r *http.Request, hook Hook, state *hookState, body []byte) {
	d, err := hook.Receive(r.Header, body)
	switch {
	case errors.Is(err, ErrUnsigned):
		h.answer(w, hook, http.StatusUnauthorized, Unsigned, "The signature does not verify.\n")
		return
	case err != nil:
		h.Log.Debug("a delivery cannot be read", "path", r.URL.Path, "err", err)
		h.answer(w, hook, http.StatusBadRequest, Malformed, "The delivery cannot be read.\n")
		return
	}
	code, outcome, text := http.StatusAccepted, Accepted, ""
	switch {
	case d.Ignore:
		code, outcome = http.StatusOK, Ignored
	case h.repeated(state, d.ID):
		code, outcome = http.StatusOK, Duplicate
	default:
		hook.Hint(d.Objects)
	}
	if d.Reply != nil {
		code, text = http.StatusOK, string(d.Reply)
	}
	h.answer(w, hook, code, outcome, text)
}

func (h *hooks) answer(w http.ResponseWriter, hook Hook, code int, outcome Outcome, text string) {
	hook.Count(outcome)
	if code == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "5")
	}
	if code >= 400 {
		w.Header().Set("Connection", "close") // do not read on what was not read
	}
	plain(w, code, text)
}

// repeated notes a delivery and reports whether it came before.
func (h *hooks) repeated(state *hookState, id string) bool {
	if id == "" {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return state.seen.add(id, h.Now())
}

// A memory holds the newest ids, by their hashes: the sender chooses how long
// an id is, and no signature covers it.
type memory struct {
	at    map[[16]byte]*list.Element
	order *list.List // of remembered, oldest first
}

type remembered struct {
	key [16]byte
	at  time.Time
}

func newMemory() memory { return memory{at: map[[16]byte]*list.Element{}, order: list.New()} }

// add remembers an id, and reports whether it was remembered already.
func (m memory) add(id string, now time.Time) bool {
	sum := sha256.Sum256([]byte(id))
	key := [16]byte(sum[:16])
	for e := m.order.Front(); e != nil; e = m.order.Front() {
		if oldest := e.Value.(remembered); m.order.Len() >= hookRemembered || now.Sub(oldest.at) >= hookTTL {
			m.order.Remove(e)
			delete(m.at, oldest.key)
			continue
		}
		break
	}
	if _, ok := m.at[key]; ok {
		return true
	}
	m.at[key] = m.order.PushBack(remembered{key, now})
	return false
}

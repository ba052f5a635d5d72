package fake

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// The kinds of faults that Jira adds. Those of GitHub's that are about HTTP and
// JSON bodies work as well; BadTimestamp spoils the updated time of one issue,
// NullUser its reporter.
const (
	_ Kind = iota + 1000
	// JiraBurst: 429 by the burst limit, RateLimit-Reason jira-burst-based,
	// Retry-After in seconds, Wait.
	JiraBurst
	// JiraQuota: 429 by the hourly points, RateLimit-Reason
	// jira-quota-global-based, reset at Wait from now.
	JiraQuota
	JiraBareLimit   // 429 without any header that says how long
	JiraUnavailable // 503 with Retry-After, Wait
	JiraLoginFailed // 200, nothing found, and a header that tells why
	JiraSameToken   // the page token of the request again, on the first page that of the first page
	JiraEmptyPage   // no issues, and the same token: the page comes with the next request
	JiraLastToken   // isLast beside a page token
	JiraSmallPage   // the server lowers maxResults to Status, which may be 0
)

// JiraPoison says what is wrong with an issue, and stays so.
type JiraPoison struct {
	Document  bool // the description is a document in version 2 too
	Zulu      bool // updated ends in Z
	EmptyDue  bool // duedate is ""
	NoUpdated bool // updated is missing
}

// Poison spoils how one issue is served; the zero JiraPoison heals it.
func (j *Jira) Poison(key string, p JiraPoison) {
	id := j.site.ID(key)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.poison = maps.Clone(j.poison)
	j.poison[id] = p
}

// spoilJira turns a healthy answer into the faulty one.
func (f *Fault) spoilJira(c *jiraCall, res *response) {
	switch f.Kind {
	case JiraBurst, JiraQuota, JiraBareLimit:
		f.jiraLimit(c, res)
	case JiraUnavailable:
		*res = *c.fail(http.StatusServiceUnavailable, "Service Unavailable")
		res.set("Retry-After", strconv.Itoa(int(f.Wait/time.Second)))
	case JiraLoginFailed:
		res.items = nil
		res.status, res.body = http.StatusOK, []byte(`{"startAt":0,"maxResults":50,"total":0,"isLast":true,"issues":[],"values":[]}`)
		res.set("X-Seraph-Loginreason", "AUTHENTICATED_FAILED")
	case BadCredentials:
		*res = *c.unauthorized()
	case ServerError:
		res.status, res.items = status(f.Status, http.StatusBadGateway), nil
		res.setHTML("<html><head><title>" + http.StatusText(res.status) + "</title></head><body>Bad upstream</body></html>")
	case Redirect:
		res.status, res.items, res.body = http.StatusFound, nil, nil
		res.set("Location", f.To+c.r.URL.RequestURI())
	case ClockSkew:
		res.set("Date", c.now.Add(f.Wait).UTC().Format(http.TimeFormat))
	default:
		if res.status == http.StatusOK {
			f.spoilJiraBody(c, res)
		}
	}
}

func (f *Fault) spoilJiraBody(c *jiraCall, res *response) {
	switch f.Kind {
	case BadTimestamp:
		res.body = spoilMember(res.body, `"updated":`, `"yesterday"`)
	case NullUser:
		res.body = spoilMember(res.body, `"reporter":`, "null")
	case DuplicateItem, ShuffledPage:
		f.inIssues(res)
	case JiraSameToken, JiraEmptyPage, JiraLastToken, JiraSmallPage:
		f.spoilPage(c, res)
	default:
		f.spoilBody(res)
	}
}

// jiraLimit makes the answers to a client that asks too much.
func (f *Fault) jiraLimit(c *jiraCall, res *response) {
	*res = *c.json(http.StatusTooManyRequests, func(e *encoder) {
		e.str("error", "Rate limit exceeded.")
	})
	if f.Kind == JiraBareLimit {
		return
	}
	reason := "jira-burst-based"
	if f.Kind == JiraQuota {
		reason = "jira-quota-global-based"
	}
	if c.j.opts.DataCenter {
		res.set("X-RateLimit-Limit", "50")
		res.set("X-RateLimit-Remaining", "0")
		res.set("X-RateLimit-FillRate", "10")
		res.set("X-RateLimit-Interval-Seconds", "60")
	} else {
		res.set("RateLimit-Reason", reason)
		res.set("X-RateLimit-Limit", "65000")
		res.set("X-RateLimit-Remaining", "0")
		res.set("X-RateLimit-NearLimit", "true")
		res.set("X-RateLimit-Reset", c.now.Add(f.Wait).UTC().Format("2006-01-02T15:04Z"))
	}
	res.set("Retry-After", strconv.Itoa(int(f.Wait/time.Second)))
}

// page reads the members of an answer, so that some can be replaced.
func page(body []byte) (map[string]json.RawMessage, bool) {
	var members map[string]json.RawMessage
	err := json.Unmarshal(body, &members)
	return members, err == nil && members != nil
}

func (res *response) putPage(members map[string]json.RawMessage) {
	// What was decoded encodes again.
	res.body, _ = json.Marshal(members)
}

// inIssues applies a fault for lists to the issues of a page.
func (f *Fault) inIssues(res *response) {
	members, ok := page(res.body)
	if !ok || members["issues"] == nil {
		f.spoilBody(res)
		return
	}
	inner := response{body: members["issues"]}
	f.spoilBody(&inner)
	members["issues"] = inner.body
	res.putPage(members)
}

// spoilPage breaks what a page says about the pages behind it.
func (f *Fault) spoilPage(c *jiraCall, res *response) {
	members, ok := page(res.body)
	if !ok {
		return
	}
	q, _ := c.query()
	token, _ := json.Marshal(orElse(q.NextPageToken, firstPage))
	switch f.Kind {
	case JiraSameToken:
		members["nextPageToken"], members["isLast"] = token, []byte("false")
	case JiraEmptyPage:
		members["issues"], members["nextPageToken"], members["isLast"] = []byte("[]"), token, []byte("false")
		res.items = nil
	case JiraLastToken:
		members["isLast"] = []byte("true")
	case JiraSmallPage:
		f.shrink(members, res)
	}
	res.putPage(members)
}

// shrink lowers the size of a page that is paged by number.
func (f *Fault) shrink(members map[string]json.RawMessage, res *response) {
	for _, key := range []string{"issues", "values"} {
		var list []json.RawMessage
		if members[key] == nil || json.Unmarshal(members[key], &list) != nil || len(list) <= f.Status {
			continue
		}
		members[key], _ = json.Marshal(list[:max(f.Status, 0)])
		if len(res.items) > f.Status {
			res.items = slices.Clip(res.items[:max(f.Status, 0)])
		}
	}
	members["maxResults"] = []byte(strconv.Itoa(f.Status))
}

package fake

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A jqlRun evaluates queries as one account sees a site at one time.
type jqlRun struct {
	s       *JiraSite
	now     time.Time
	account *jiraUser
	noEpoch bool // refuses epoch milliseconds
	// relative is set when the result depends on now.
	relative bool
	// updated is the time of the last change that the index knows.
	updated func(*jiraIssue) time.Time
}

type jqlFilter func(*jiraIssue) bool

// compile makes a filter of a term and finds the values that do not exist.
func (x *jqlRun) compile(t *jqlTerm) (jqlFilter, error) {
	switch t.op {
	case "and", "or", "not":
		var filters []jqlFilter
		for _, sub := range t.terms {
			f, err := x.compile(sub)
			if err != nil {
				return nil, err
			}
			filters = append(filters, f)
		}
		if t.op == "not" {
			return func(is *jiraIssue) bool { return !filters[0](is) }, nil
		}
		stop := t.op == "or"
		return func(is *jiraIssue) bool {
			for _, f := range filters {
				if f(is) == stop {
					return stop
				}
			}
			return !stop
		}, nil
	}
	switch field := strings.ToLower(t.field); field {
	case "created", "createddate", "updated", "updateddate", "resolved", "resolutiondate":
		return x.times(t, field)
	case "id", "key", "issue", "issuekey":
		return x.issues(t, func(is *jiraIssue) *jiraIssue { return is })
	case "parent", "epic link":
		return x.issues(t, func(is *jiraIssue) *jiraIssue { return is.parent })
	default:
		return x.names(t, field)
	}
}

// times compiles a comparison of a time.
func (x *jqlRun) times(t *jqlTerm, field string) (jqlFilter, error) {
	read := func(is *jiraIssue) time.Time { return is.created }
	switch field[0] {
	case 'u':
		read = x.updated
	case 'r':
		read = func(is *jiraIssue) time.Time { return is.resolved }
	}
	if t.op == "is" || t.op == "is not" {
		return func(is *jiraIssue) bool { return read(is).IsZero() == (t.op == "is") }, nil
	}
	if len(t.values) != 1 || strings.Contains(t.op, "in") || strings.Contains(t.op, "~") {
		return nil, jqlErrorf("The operator '%s' is not supported by the '%s' field.", t.op, t.field)
	}
	want, err := x.instant(t.field, t.values[0])
	if err != nil {
		return nil, err
	}
	holds := comparison(t.op)
	return func(is *jiraIssue) bool {
		at := read(is)
		return !at.IsZero() && holds(at.Compare(want))
	}, nil
}

func comparison(op string) func(int) bool {
	switch op {
	case "<":
		return func(c int) bool { return c < 0 }
	case "<=":
		return func(c int) bool { return c <= 0 }
	case ">":
		return func(c int) bool { return c > 0 }
	case ">=":
		return func(c int) bool { return c >= 0 }
	case "!=":
		return func(c int) bool { return c != 0 }
	}
	return func(c int) bool { return c == 0 }
}

// instant reads a time: epoch milliseconds, minutes in the account's zone, or
// relative to now.
func (x *jqlRun) instant(field string, v jqlValue) (time.Time, error) {
	bad := jqlErrorf("Date value '%s' for field '%s' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.", v.text, field)
	if v.call {
		if strings.EqualFold(v.text, "now") && len(v.args) == 0 {
			x.relative = true
			return x.now, nil
		}
		return time.Time{}, bad
	}
	if ms, err := strconv.ParseInt(v.text, 10, 64); err == nil && !strings.HasPrefix(v.text, "-") {
		if x.noEpoch {
			return time.Time{}, bad
		}
		return time.UnixMilli(ms).UTC(), nil
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006/01/02 15:04", "2006-01-02", "2006/01/02"} {
		if at, err := time.ParseInLocation(layout, v.text, x.account.loc); err == nil {
			return at, nil
		}
	}
	if d, ok := period(v.text); ok {
		x.relative = true
		return x.now.Add(d), nil
	}
	return time.Time{}, bad
}

// period reads "-15m", "-2w 3d" and the like.
func period(text string) (time.Duration, bool) {
	sign := time.Duration(1)
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		text, sign = rest, -1
	}
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	var sum time.Duration
	parts := strings.Fields(text)
	for _, part := range parts {
		n, err := strconv.ParseUint(part[:len(part)-1], 10, 20)
		unit := units[part[len(part)-1]]
		if err != nil || unit == 0 {
			return 0, false
		}
		sum += time.Duration(n) * unit
	}
	return sign * sum, len(parts) > 0
}

// issues compiles a comparison with issues, which must exist and be visible.
func (x *jqlRun) issues(t *jqlTerm, read func(*jiraIssue) *jiraIssue) (jqlFilter, error) {
	field := strings.ToLower(t.field)
	set := map[*jiraIssue]bool{}
	for _, v := range t.values {
		is := x.s.find(v.text)
		if is == nil || v.call {
			if _, err := strconv.ParseInt(v.text, 10, 64); err == nil {
				return nil, jqlErrorf("A value with ID '%s' does not exist for the field '%s'.", v.text, field)
			}
			return nil, jqlErrorf("An issue with key '%s' does not exist for field '%s'.", v.text, field)
		}
		set[is] = true
	}
	switch t.op {
	case "is", "is not":
		return func(is *jiraIssue) bool { return (read(is) == nil) == (t.op == "is") }, nil
	case "=", "in":
		return func(is *jiraIssue) bool { return set[read(is)] }, nil
	case "!=", "not in":
		// What has no value does not differ from one either.
		return func(is *jiraIssue) bool { v := read(is); return v != nil && !set[v] }, nil
	}
	holds := comparison(t.op)
	if strings.Contains(t.op, "~") {
		return nil, jqlErrorf("The operator '%s' is not supported by the '%s' field.", t.op, t.field)
	}
	var bound *jiraIssue
	for is := range set {
		bound = is
	}
	order := byKey
	if field == "id" {
		order = func(a, b *jiraIssue) int { return cmp.Compare(a.id, b.id) }
	}
	return func(is *jiraIssue) bool { v := read(is); return v != nil && holds(order(v, bound)) }, nil
}

// find returns a visible issue by id or key, former keys included.
func (s *JiraSite) find(idOrKey string) *jiraIssue {
	is := s.byKey[strings.ToUpper(idOrKey)]
	if id, err := strconv.ParseInt(idOrKey, 10, 64); err == nil {
		is = s.byID[id]
	}
	if is == nil || !is.visible() {
		return nil
	}
	return is
}

// names compiles a comparison of a field that holds names.
func (x *jqlRun) names(t *jqlTerm, field string) (jqlFilter, error) {
	read := x.reader(field)
	if read == nil {
		return nil, jqlErrorf("Field '%s' does not exist or you do not have permission to view it.", t.field)
	}
	var want []string
	for _, v := range t.values {
		names, err := x.resolve(field, v)
		if err != nil {
			return nil, err
		}
		want = append(want, names...)
	}
	match := func(is *jiraIssue) (has, hit bool) {
		have := read(is)
		return len(have) > 0, slices.ContainsFunc(have, func(h string) bool { return slices.Contains(want, h) })
	}
	switch t.op {
	case "is", "is not":
		return func(is *jiraIssue) bool { has, _ := match(is); return has == (t.op == "is not") }, nil
	case "=", "in":
		return func(is *jiraIssue) bool { _, hit := match(is); return hit }, nil
	case "!=", "not in":
		return func(is *jiraIssue) bool { has, hit := match(is); return has && !hit }, nil
	}
	return nil, jqlErrorf("The operator '%s' is not supported by the '%s' field.", t.op, t.field)
}

// reader returns how the values of a field are read, as ids where it has ids.
func (x *jqlRun) reader(field string) func(*jiraIssue) []string {
	switch field {
	case "project":
		return func(is *jiraIssue) []string { return []string{is.project.id} }
	case "issuetype", "type":
		return func(is *jiraIssue) []string { return []string{is.kind.id} }
	case "status":
		return func(is *jiraIssue) []string { return []string{is.status.id} }
	case "statuscategory":
		return func(is *jiraIssue) []string { return []string{is.status.category} }
	case "labels":
		return func(is *jiraIssue) []string { return is.labels }
	case "component":
		return func(is *jiraIssue) []string { return namesOf(is.comps, func(c jiraNamed) string { return c.name }) }
	case "fixversion":
		return func(is *jiraIssue) []string {
			return namesOf(is.versions, func(v *jiraVersion) string { return v.name })
		}
	case "sprint":
		return func(is *jiraIssue) []string {
			return namesOf(is.sprints, func(v *jiraSprint) string { return strconv.FormatInt(v.id, 10) })
		}
	case "assignee":
		return func(is *jiraIssue) []string { return personIDs(is.assignee) }
	case "reporter":
		return func(is *jiraIssue) []string { return personIDs(is.reporter) }
	}
	return nil
}

func namesOf[T any](list []T, f func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

func personIDs(u *jiraUser) []string {
	if u == nil {
		return nil
	}
	return []string{u.id}
}

// resolve turns a value into what the reader of its field returns.
func (x *jqlRun) resolve(field string, v jqlValue) ([]string, error) {
	missing := jqlErrorf("The value '%s' does not exist for the field '%s'.", v.text, field)
	if v.call {
		return x.function(field, v)
	}
	switch field {
	case "project":
		for _, p := range x.s.projects {
			if !p.gone && !p.revoked && (p.id == v.text || strings.EqualFold(p.key, v.text) || strings.EqualFold(p.name, v.text) || slices.Contains(p.keys, strings.ToUpper(v.text))) {
				return []string{p.id}, nil
			}
		}
		return nil, missing
	case "issuetype", "type":
		for _, t := range x.s.types {
			if t.id == v.text || strings.EqualFold(t.name, v.text) || t.shown == v.text {
				return []string{t.id}, nil
			}
		}
		return nil, missing
	case "status":
		for _, t := range x.s.statuses {
			if t.id == v.text || strings.EqualFold(t.name, v.text) || t.shown == v.text {
				return []string{t.id}, nil
			}
		}
		return nil, missing
	case "statuscategory":
		for key, c := range jiraCategories {
			if strings.EqualFold(key, v.text) || strings.EqualFold(c.name, v.text) || strconv.Itoa(c.id) == v.text {
				return []string{key}, nil
			}
		}
		return nil, missing
	case "sprint":
		for _, t := range x.s.sprints {
			if id := strconv.FormatInt(t.id, 10); id == v.text || t.name == v.text {
				return []string{id}, nil
			}
		}
		return nil, missing
	}
	return []string{v.text}, nil
}

// function evaluates the functions that boards and clients use.
func (x *jqlRun) function(field string, v jqlValue) ([]string, error) {
	name := strings.ToLower(v.text)
	if name == "currentuser" {
		return []string{x.account.id}, nil
	}
	state, ok := strings.CutSuffix(name, "sprints")
	if field != "sprint" || !ok {
		return nil, jqlErrorf("Unable to find JQL function '%s()'.", v.text)
	}
	if state == "open" {
		state = "active"
	}
	var ids []string
	for _, t := range x.s.sprints {
		if t.state == state {
			ids = append(ids, strconv.FormatInt(t.id, 10))
		}
	}
	return ids, nil
}

// byKey orders issues as Jira does: by project key, then by number.
func byKey(a, b *jiraIssue) int {
	return cmp.Or(cmp.Compare(a.project.key, b.project.key), cmp.Compare(a.number, b.number))
}

// sorter makes the order of a query, with the id as the last word.
func (x *jqlRun) sorter(order []jqlOrder) (func(a, b *jiraIssue) int, error) {
	var steps []func(a, b *jiraIssue) int
	for _, o := range order {
		var f func(a, b *jiraIssue) int
		switch o.field {
		case "created", "createddate":
			f = func(a, b *jiraIssue) int { return a.created.Compare(b.created) }
		case "updated", "updateddate":
			f = func(a, b *jiraIssue) int { return x.updated(a).Compare(x.updated(b)) }
		case "key", "issuekey", "issue":
			f = byKey
		case "id":
			f = func(a, b *jiraIssue) int { return cmp.Compare(a.id, b.id) }
		case "rank":
			f = func(a, b *jiraIssue) int { return cmp.Compare(a.rank, b.rank) }
		default:
			return nil, jqlErrorf("Not able to sort using field '%s'.", o.field)
		}
		if o.desc {
			ascending := f
			f = func(a, b *jiraIssue) int { return ascending(b, a) }
		}
		steps = append(steps, f)
	}
	return func(a, b *jiraIssue) int {
		for _, f := range steps {
			if c := f(a, b); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.id, b.id)
	}, nil
}

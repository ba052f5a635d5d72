package connectortest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A Commit is one of a recorded history of a real project.
type Commit struct {
	SHA        string
	Parents    []string
	Author     string    // a pseudonym
	AuthorDate time.Time `json:"author_date"`
	CommitDate time.Time `json:"commit_date"`
	Subject    string
	Body       string
	Files      [][]any // path, lines added, lines deleted
}

// History reads the commits of a recorded history, oldest first: those in the
// folder commits/<name> below data. Without the data the test is skipped.
func History(t testing.TB, data, name string) []Commit {
	t.Helper()
	path := filepath.Join(data, "commits", name, "commits.jsonl.gz")
	file, err := os.Open(path)
	if err != nil {
		t.Skipf("the recorded history is not here: %v", err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []Commit
	for dec := json.NewDecoder(plain); ; {
		var c Commit
		if err := dec.Decode(&c); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, c)
	}
}

// FastImport writes a history as a stream for git fast-import: messages, dates,
// paths and the shape of the history are real, the contents of files are made
// up. Parents from before the window are left out, and counted; a commit that
// has no other then follows the commit before, so that all is on one branch.
func FastImport(commits []Commit) (stream []byte, replaced int) {
	var b bytes.Buffer
	marks := map[string]int{}
	last := 0
	for i, c := range commits {
		mark := i + 1
		marks[c.SHA] = mark
		fmt.Fprintf(&b, "commit refs/heads/main\nmark :%d\n", mark)
		fmt.Fprintf(&b, "author %s <%s@example.org> %d +0000\n", c.Author, c.Author, c.AuthorDate.Unix())
		fmt.Fprintf(&b, "committer c <c@example.org> %d +0000\n", c.CommitDate.Unix())
		message := c.Subject + "\n\n" + c.Body
		fmt.Fprintf(&b, "data %d\n%s\n", len(message), message)
		var parents []int
		for _, p := range c.Parents {
			if m := marks[p]; m > 0 {
				parents = append(parents, m)
			} else {
				replaced++
			}
		}
		if len(parents) == 0 && last > 0 {
			parents = []int{last}
		}
		for n, p := range parents {
			fmt.Fprintf(&b, "%s :%d\n", [2]string{"from", "merge"}[min(n, 1)], p)
		}
		if len(c.Parents) > 1 {
			c.Files = nil // made-up contents would be changes of the merge's own
		}
		for _, f := range c.Files {
			path := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(fmt.Sprint(f[0]))
			content := fmt.Sprintf("%d %s\n", mark, path)
			fmt.Fprintf(&b, "M 100644 inline \"%s\"\ndata %d\n%s\n", path, len(content), content)
		}
		b.WriteByte('\n')
		last = mark
	}
	return b.Bytes(), replaced
}

package examples_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// exceptionBlock is an exception as "bartizan fmt" writes it; its parts are the name, the attributes and the end.
var exceptionBlock = regexp.MustCompile(`(?ms)^exception "([a-z0-9-]+)" \{\n  allows +=\s+\[(.*?)\]\n  .*?\n  expires = "([0-9-]+)"\n\}\n`)

// Taken away, an exception leaves an error for each attribute that it allowed, in the line where that attribute stands and
// nowhere else. After its end it is an error in the line of its end.
func TestEveryExceptionIsNeededAndEnds(t *testing.T) {
	bartizan := build(t)
	for _, name := range append(slices.Clone(examples), estate) {
		files, err := filepath.Glob(filepath.Join(name, "*.hcl"))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found += strings.Count("\n"+string(text), "\nexception ")
			for _, m := range exceptionBlock.FindAllSubmatchIndex(text, -1) {
				found--
				exception, allows, end := string(text[m[2]:m[3]]), string(text[m[4]:m[5]]), string(text[m[6]:m[7]])
				t.Run(name+"/"+exception, func(t *testing.T) {
					t.Parallel()
					want := map[string]string{} // what must stand in the line, by the address of the attribute
					for attribute := range strings.SplitSeq(allows, ",") {
						if attribute = strings.TrimSpace(attribute); attribute != "" {
							address, name := attributeOf(attribute)
							want[address] = name
						}
					}
					spec := t.TempDir()
					if err := os.CopyFS(spec, os.DirFS(name)); err != nil {
						t.Fatal(err)
					}
					// Lines keep their numbers: those that are blamed are compared with what stands in them.
					gone := strings.Repeat("\n", strings.Count(string(text[m[0]:m[1]]), "\n"))
					rest := slices.Concat(text[:m[0]], []byte(gone), text[m[1]:])
					if err := os.WriteFile(filepath.Join(spec, filepath.Base(file)), rest, 0o600); err != nil {
						t.Fatal(err)
					}
					for _, e := range validationErrors(t, bartizan, spec, today) {
						address, key := attributeOf(e.Address)
						name, ok := want[address]
						if strings.Contains(e.Address, "[") {
							ok = ok && key == name // the entry of a map
						}
						if e.Code != "weakening-without-exception" || !ok || !names(e, name) {
							t.Errorf("blamed without having been allowed, or in another line than that of %q: %+v", name, e)
						}
						delete(want, address)
					}
					if len(want) > 0 {
						t.Errorf("needs no exception: %v", want)
					}

					after, err := time.Parse(time.DateOnly, end)
					if err != nil {
						t.Fatal(err)
					}
					late := validationErrors(t, bartizan, name, after.AddDate(0, 0, 1).Format(time.DateOnly))
					if !slices.ContainsFunc(late, func(e validationError) bool {
						return e.Code == "expired-exception" && e.Address == "exception."+exception+".expires" && names(e, end)
					}) {
						t.Errorf("the day after %s: %+v", end, late)
					}
				})
			}
		}
		if found != 0 {
			t.Errorf("%s: %d exceptions are not written as they are read here", name, found)
		}
	}
}

// validationError is an error of "bartizan validate --format json".
type validationError struct {
	Severity, Code, Address string
	Range                   struct {
		Filename string
		Start    struct{ Line int }
	}
}

// names reports whether the text stands in the line that the error blames.
func names(e validationError, text string) bool {
	data, err := os.ReadFile(e.Range.Filename)
	lines := strings.Split(string(data), "\n")
	return err == nil && e.Range.Start.Line <= len(lines) && strings.Contains(lines[e.Range.Start.Line-1], text)
}

// attributeOf splits what an exception allows into the address of an attribute and what stands in its line: the key or
// element that is allowed, or the attribute's name.
func attributeOf(allowed string) (address, name string) {
	if address, key, ok := strings.Cut(allowed, `["`); ok {
		return address, strings.TrimSuffix(key, `"]`)
	}
	return allowed, allowed[strings.LastIndex(allowed, ".")+1:]
}

func validationErrors(t *testing.T, bartizan, spec, date string) []validationError {
	t.Helper()
	args := []string{"validate", spec, "--today", date, "--format", "json"}
	if environments, err := filepath.Glob(filepath.Join(spec, "environments", "*.hcl")); err != nil {
		t.Fatal(err)
	} else if environments != nil {
		args = append(args, "--var-file", environments[0])
	}
	out, err := exec.Command(bartizan, args...).Output()
	var said struct {
		Diagnostics []validationError
	}
	if jsonErr := json.Unmarshal(out, &said); jsonErr != nil {
		t.Fatalf("%v: %v: %s", err, jsonErr, out)
	}
	return slices.DeleteFunc(said.Diagnostics, func(e validationError) bool { return e.Severity != "error" })
}

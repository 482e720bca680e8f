package generate

import (
	"strings"

	"github.com/bartizan-dev/bartizan/templates"
)

// Where says in which file and at which place the requirement is met, why it is not for files, or why it is about nothing
// here: Markdown.
func (r coverageRow) Where() templates.MarkdownText {
	n := r.Note()
	var parts []string
	switch r.State {
	case notApplicable:
		switch {
		case r.managed && !r.Managed:
			parts = append(parts, "The control plane belongs to somebody else.")
		case n.Absent != "":
			parts = append(parts, n.Absent)
		default:
			parts = append(parts, "The specification has nothing that it is about.")
		}
	case forPeople:
		if n.People != "" {
			parts = append(parts, n.People)
		}
	}
	for i := range parts {
		parts[i] = templates.Markdown(parts[i])
	}
	if r.path != "" && r.State != notApplicable {
		where := "[" + templates.MarkdownCode(r.path[strings.LastIndex(r.path, "/")+1:]) + "](" + templates.LinkPath(r.path) + ")"
		if r.place != "" {
			where += ": " + templates.MarkdownCode(r.place)
		}
		parts = append(parts, where)
	}
	for _, why := range []string{n.Decision, n.Deviation} {
		if why != "" && r.State != notApplicable {
			parts = append(parts, templates.Markdown(why))
		}
	}
	return templates.MarkdownText(strings.Join(parts, " "))
}

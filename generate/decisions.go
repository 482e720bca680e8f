package generate

import (
	"cmp"
	"slices"
	"time"

	"github.com/bartizan-dev/bartizan/model"
)

var decisions = &Generator{
	Name: "decisions",
	Doc: `what people have decided: exceptions, attestations, and when to look again

The dates are those of the specification; today's date appears nowhere, so that the bytes do not change by themselves.`,
	Run: runDecisions,
}

// review is one line of the calendar.
type review struct {
	Date time.Time
	What string
	Addr model.Address
	Team string
}

// Day returns the date as in the specification.
func (r review) Day() string { return day(r.Date) }

func day(t time.Time) string { return t.Format(time.DateOnly) }

type exceptionRow struct {
	*model.Exception
	Day string
}

type attestationRow struct {
	*model.Attestation
	Title, Day string
}

func runDecisions(p *Pass) error {
	var exceptions []exceptionRow
	var attestations []attestationRow
	var calendar []review
	for _, e := range p.Spec.Exceptions {
		exceptions = append(exceptions, exceptionRow{e, day(e.Expires)})
		what := "ends: remove what it allows, or decide again"
		if e.OnExpiry == model.ExpiryRefuse {
			what += "; new pods that need it are refused"
		}
		calendar = append(calendar, review{e.Expires, what, e.Addr(), e.Owner.Name})
	}
	for _, a := range p.Spec.Attestations {
		title := ""
		if c := model.LookupControl(a.Control); c != nil {
			title = c.Title
		}
		attestations = append(attestations, attestationRow{a, title, day(a.ReviewBy)})
		calendar = append(calendar, review{a.ReviewBy, "look at the evidence again", a.Addr(), a.By.Name})
	}
	slices.SortStableFunc(calendar, func(a, b review) int {
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Addr, b.Addr))
	})
	if err := p.document("exceptions.md", "What is weaker than the default, why, and until when", exceptions); err != nil {
		return err
	}
	if err := p.document("attestations.md", "What no file can prove, and who states it", attestations); err != nil {
		return err
	}
	return p.document("review-calendar.md", "When to look again", struct {
		Dates   []review
		Backups bool // there is one to restore
	}{calendar, len(p.Spec.Backups) > 0})
}

package threatmodel

import (
	"cmp"
	"slices"
	"time"

	"github.com/bartizan-dev/bartizan/model"
)

// Risk is a weakening that somebody has accepted.
type Risk struct {
	Weakening model.Address `json:"weakening"`
	Doc       string        `json:"doc"` // what the value gives away
	Exception model.Address `json:"exception"`
	Reason    string        `json:"reason"`
	Owner     string        `json:"owner"`
	Expires   string        `json:"expires"` // YYYY-MM-DD; accepted up to the day before
	Expired   bool          `json:"expired"` // on the day of the analysis nobody accepts it any more
}

// Risks lists the accepted risks on a day, those that expire first at the head.
func Risks(spec *model.Spec, day time.Time) []*Risk {
	all := []*Risk{}
	for _, w := range spec.Weakenings {
		x := w.Exception
		if x == nil {
			continue
		}
		r := &Risk{Weakening: w.Address, Doc: w.Doc, Exception: x.Addr(), Reason: x.Reason, Expires: x.Expires.Format(time.DateOnly), Expired: !day.Before(x.Expires)}
		if x.Owner != nil {
			r.Owner = x.Owner.Name
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(x, y *Risk) int {
		return cmp.Or(cmp.Compare(x.Expires, y.Expires), cmp.Compare(x.Weakening, y.Weakening))
	})
	return all
}

// StatedOn returns the attestations whose review is not overdue on the day: what nobody has looked at since is not
// believed.
func StatedOn(attestations []*model.Attestation, day time.Time) []*model.Attestation {
	var valid []*model.Attestation
	for _, a := range attestations {
		if day.Before(a.ReviewBy) {
			valid = append(valid, a)
		}
	}
	return valid
}

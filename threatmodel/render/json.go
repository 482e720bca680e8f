package render

import (
	"encoding/json"
	"io"

	"github.com/bartizan-dev/bartizan/threatmodel"
)

// JSON writes the whole report, for machines. Field names are stable; see the types of package threatmodel.
func JSON(w io.Writer, r *threatmodel.Report) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

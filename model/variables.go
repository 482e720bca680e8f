package model

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// envPrefix marks the environment variables that set variables of a specification.
const envPrefix = "BARTIZAN_VAR_"

// input is a variable with the value that was chosen for it.
type input struct {
	node     *node
	ty       cty.Type
	defaults *typeexpr.Defaults
	value    cty.Value
	ok       bool
}

// declareVariables reads the variable blocks and the values from outside. Later ones win: the environment, the files
// *.auto.vars.hcl and *.auto.vars.json beside the specification by name, those of -var-file in order, -var.
func (l *loader) declareVariables() {
	for _, n := range l.top {
		if n.schema == variableBlock && !n.broken && l.inputs[n.labels[0]] == nil {
			l.inputs[n.labels[0]] = l.declare(n)
		}
	}
	given := map[string]string{} // as text, for what runs Bartizan again
	for _, entry := range slices.Sorted(slices.Values(l.options.Environ)) {
		name, text, _ := strings.Cut(entry, "=")
		if name, ok := strings.CutPrefix(name, envPrefix); ok && l.inputs[name] != nil { // others may be for other specifications
			l.setText(name, text, "the environment variable "+envPrefix+name)
			given[name] = text
		}
	}
	l.readAutoVars()
	for _, file := range l.options.VarFiles {
		if !l.settled(file, "--var-file") {
			continue
		}
		if text, ok := l.readFile(file); ok {
			l.parseVarFile(file, text)
		}
		l.spec.Inputs.VarFiles = append(l.spec.Inputs.VarFiles, l.fromSpec(file))
	}
	for _, name := range slices.Sorted(maps.Keys(l.options.Vars)) {
		if l.inputs[name] == nil {
			l.unknownVariable(hcl.Range{}, name, "--var")
			continue
		}
		l.setText(name, l.options.Vars[name], "--var "+name)
		given[name] = l.options.Vars[name]
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		l.spec.Inputs.Vars = append(l.spec.Inputs.Vars, Var{name, given[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(l.inputs)) {
		l.finishVariable(name, l.inputs[name])
	}
	l.reportUnset()
}

// readAutoVars reads the files beside the specification that set variables unasked.
func (l *loader) readAutoVars() {
	if l.dir == "" {
		return // there is no specification
	}
	files, err := filesOf(l.dir, func(n string) bool {
		return strings.HasSuffix(n, autoVars+extVarsHCL) || strings.HasSuffix(n, autoVars+extVarsJSON)
	})
	if err != nil {
		l.errorf(hcl.Range{}, "Unreadable directory", "%s.", err)
	}
	for _, file := range files {
		if text, ok := l.readBeside(file); ok {
			l.parseVarFile(file, text)
		}
	}
}

// fromSpec returns the path of a file as seen from the specification's directory, with slashes.
func (l *loader) fromSpec(file string) string {
	dir, err := filepath.Abs(l.dir)
	if err == nil {
		if file, err = filepath.Abs(file); err == nil {
			if rel, err := filepath.Rel(dir, file); err == nil {
				return filepath.ToSlash(rel)
			}
		}
	}
	return filepath.ToSlash(file)
}

func (l *loader) declare(n *node) *input {
	in := &input{node: n, ty: cty.DynamicPseudoType, value: cty.NilVal, ok: true}
	if a := n.attribute("type"); a != nil {
		expr, diags := l.typeExpr(a.expr)
		var ty cty.Type
		var defaults *typeexpr.Defaults
		if !diags.HasErrors() {
			// optional() holds expressions, which are evaluated here.
			if beyond := l.within(expr.Range(), func() {
				ty, defaults, diags = typeexpr.TypeConstraintWithDefaults(expr)
			}); beyond != nil {
				diags = beyond.at(expr.Range())
			}
		}
		l.diags = append(l.diags, diags...)
		if diags.HasErrors() {
			in.ok = false
			return in
		}
		in.ty, in.defaults = ty, defaults
	}
	return in
}

// typeExpr returns the expression of a type. In JSON it is what stands in the string.
func (l *loader) typeExpr(expr hcl.Expression) (hcl.Expression, hcl.Diagnostics) {
	if _, native := expr.(hclsyntax.Expression); native {
		return expr, nil
	}
	v, diags := expr.Value(nil)
	if diags.HasErrors() || v.IsNull() || v.Type() != cty.String {
		return expr, nil // no type, which is reported as such
	}
	at := expr.Range()
	tokens, _ := hclsyntax.LexExpression([]byte(v.AsString()), at.Filename, at.Start)
	if where, beyond := judge(tokens); beyond != nil {
		return nil, beyond.at(where)
	}
	return expr, nil
}

// setText sets a variable from text outside of files: as it stands for strings, otherwise as an expression.
func (l *loader) setText(name, text, source string) {
	in := l.inputs[name]
	if len(text) > limitText.Most {
		l.errorf(hcl.Range{}, "Text too long", "The value of %s has more than %s. Write it in a file that the specification reads with file().", source, limitText)
		in.ok = false
		return
	}
	if !l.settled(text, source) {
		in.ok = false
		return
	}
	if what := looksSecret(text); what != "" {
		l.secretf(hcl.Range{}, "The value of %s looks like %s. No secret belongs in a specification: keep it in a secret_store and name it with a secret block.", source, what)
		in.ok = false
		return
	}
	if in.ty == cty.String || in.ty == cty.DynamicPseudoType {
		l.set(in, cty.StringVal(text), hcl.Range{}, source)
		return
	}
	v, beyond, ok := l.literal(text, source)
	switch {
	case beyond != nil:
		l.errorf(hcl.Range{}, beyond.summary, "The value of %s: %s", source, beyond.detail)
	case !ok:
		l.errorf(hcl.Range{}, "Invalid variable", "The value of %s is not a value of the type %s: %q. Write it as it stands in a specification, for example %s.", source, typeexpr.TypeString(in.ty), text, exampleOf(in.ty))
	}
	if !ok {
		in.ok = false
		return
	}
	l.set(in, v, hcl.Range{}, source)
}

// literal evaluates a text of native syntax that stands in no file. What it exceeds is not nil if it passes a bound.
func (l *loader) literal(text, source string) (v cty.Value, beyond *exceeded, ok bool) {
	tokens, _ := hclsyntax.LexExpression([]byte(text), source, hcl.InitialPos)
	if _, beyond := judge(tokens); beyond != nil {
		return v, beyond, false
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), source, hcl.InitialPos)
	if diags.HasErrors() {
		return v, nil, false
	}
	v, diags = l.compute(l.meter.around(expr), nil)
	return v, l.meter.spent, !diags.HasErrors()
}

// settled reports whether a text from outside means itself. Generated workflows repeat it, and their runner would read
// "${{" as an expression; so does whoever forgot to let the runner replace it.
func (l *loader) settled(text, source string) bool {
	if strings.Contains(text, "${{") || strings.ContainsFunc(text, invisible) {
		l.errorf(hcl.Range{}, "Invalid variable", "The value of %s is %q. Write it in one line that can be seen, without \"${{\".", source, text)
		return false
	}
	return true
}

func (l *loader) set(in *input, v cty.Value, at hcl.Range, source string) {
	if in.defaults != nil && !v.IsNull() {
		v = in.defaults.Apply(v)
	}
	if holdsSet(in.ty) {
		_ = cty.Walk(v, func(_ cty.Path, inside cty.Value) (bool, error) { // fails only if the function does
			n := length(inside) / 4
			l.spend(at, n*n)
			return true, nil
		})
	}
	v, err := convert.Convert(v, in.ty)
	if err != nil {
		l.errorf(at, "Invalid variable", "The value of %s does not have the type %s: %s.", source, typeexpr.TypeString(in.ty), err)
		in.ok = false
		return
	}
	in.value = v
}

func (l *loader) parseVarFile(source string, text []byte) {
	file, ok := l.parseVars(source, text)
	if !ok {
		return
	}
	attributes, diags := file.Body.JustAttributes()
	l.diags = append(l.diags, diags...)
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		in := l.inputs[name]
		if in == nil {
			l.unknownVariable(a.NameRange, name, "The file")
			continue
		}
		v, diags := l.constant(a.Expr)
		l.diags = append(l.diags, diags...)
		if !diags.HasErrors() {
			l.set(in, v, a.Expr.Range(), name)
		}
	}
}

// holdsSet reports whether values of the type hold sets, which take time with the square of their size where somebody
// chose elements that share a hash.
func holdsSet(ty cty.Type) bool {
	switch {
	case ty.IsSetType():
		return true
	case ty.IsCollectionType():
		return holdsSet(ty.ElementType())
	case ty.IsTupleType():
		return slices.ContainsFunc(ty.TupleElementTypes(), holdsSet)
	case ty.IsObjectType():
		return slices.ContainsFunc(slices.Collect(maps.Values(ty.AttributeTypes())), holdsSet)
	}
	return false
}

// parseVars parses a file of values in either syntax.
func (l *loader) parseVars(name string, text []byte) (*hcl.File, bool) {
	if !isJSON(hcl.Range{Filename: name}) {
		return l.parseNative(name, text)
	}
	l.loaded.sources[name] = newSource(text, nil)
	if !l.judgeJSON(name, text) {
		return nil, false
	}
	file, diags := json.Parse(text, name)
	l.loaded.sources[name] = newSource(text, file)
	l.diags = append(l.diags, diags...)
	return file, !diags.HasErrors()
}

// constant evaluates an expression that can name nothing. Strings of JSON stand for themselves there.
func (l *loader) constant(expr hcl.Expression) (cty.Value, hcl.Diagnostics) {
	if e, ok := expr.(hclsyntax.Expression); ok {
		return l.compute(e, nil)
	}
	return expr.Value(nil)
}

// exampleOf writes a value of the type.
func exampleOf(ty cty.Type) string {
	switch {
	case ty == cty.Number:
		return "3"
	case ty == cty.Bool:
		return "true"
	case ty.IsListType() || ty.IsSetType() || ty.IsTupleType():
		return `["a", "b"]`
	case ty.IsMapType() || ty.IsObjectType():
		return `{ a = "b" }`
	}
	return `"a"`
}

func (l *loader) unknownVariable(at hcl.Range, name, source string) {
	l.errorf(at, "Unknown variable", "%s sets %q, but the specification declares no such variable.%s", source, name, didYouMeanKey(name, l.inputs))
}

// finishVariable falls back to the default and checks the validations.
// reportUnset says once which variables have no value: where a file of values was forgotten, all of them.
func (l *loader) reportUnset() {
	if len(l.unset) == 0 {
		return
	}
	first := l.unset[0]
	has := fmt.Sprintf("var.%s has no value", first)
	if more := l.unset[1:]; len(more) > 0 {
		has = fmt.Sprintf("var.%s and %s have no value: %s", first, plural(len(more), "other", "others"), strings.Join(l.unset, ", "))
	}
	l.errorf(l.inputs[first].node.at, "Missing variable", "%s. Set it with --var %s=…, in a file of --var-file, or as %s%s; or give it a default.", has, first, envPrefix, first)
}

func (l *loader) finishVariable(name string, in *input) {
	if a := in.node.attribute("default"); a != nil && in.value == cty.NilVal && in.ok {
		v, diags := l.constant(a.expr)
		l.diags = append(l.diags, diags...)
		if diags.HasErrors() {
			in.ok = false
			return
		}
		l.set(in, v, a.expr.Range(), "the default")
	}
	if !in.ok {
		return
	}
	if in.value == cty.NilVal {
		in.ok = false
		l.unset = append(l.unset, name)
		return
	}
	for _, n := range in.node.all("validation") {
		l.validate(name, in, n)
	}
}

func (l *loader) validate(name string, in *input, n *node) {
	a := n.attribute("condition")
	message := as[string](l, n, "error_message")
	if a == nil {
		return
	}
	v, ok := l.eval(a.expr, nil)
	if !ok {
		return
	}
	if v.IsNull() || v.Type() != cty.Bool {
		if v.Type() == cty.String && isJSON(a.expr.Range()) {
			l.errorf(a.expr.Range(), "Not evaluated", "%q is only text, but a condition is true or false. To have it evaluated, write %s.", v.AsString(), asExpression(v.AsString(), a.expr.Range()))
			return
		}
		l.errorf(a.expr.Range(), "Wrong type", "The condition is %s. Write an expression that is true or false.", friendly(v))
		return
	}
	if v.False() {
		l.errorf(in.node.at, "Invalid value", "The value of var.%s is refused: %s", name, message)
	}
}

// variable returns the value of var.NAME.
func (l *loader) variable(name hcl.TraverseAttr) (cty.Value, bool) {
	in := l.inputs[name.Name]
	if in == nil {
		l.errorf(name.SrcRange, "Unknown variable", "There is no variable %q.%s Declare it: variable %q { }.", name.Name, didYouMeanKey(name.Name, l.inputs), name.Name)
		return cty.DynamicVal, false
	}
	if !in.ok || in.value == cty.NilVal {
		return cty.DynamicVal, false // reported where it is declared
	}
	return in.value, true
}

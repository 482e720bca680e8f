package model

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// BlockType is one kind of block of the language. The schema is data: it drives decoding, the suggestions in diagnostics,
// `bartizan explain` and the reference in docs/.
type BlockType struct {
	Name       string
	Labels     []Label
	Doc        string // what the block describes, in one or two sentences
	Example    string // HCL of the block itself; see ExampleOf
	Attributes []*Attribute
	Blocks     []*BlockType
	Required   bool      // the enclosing block cannot do without it
	Open       bool      // takes any attribute (locals)
	Many       bool      // may stand several times though it has no label
	Weakening  *Weakness // of the block itself: the values are those of its last label
	// Elsewhere says what to do here instead of what other tools know under a name.
	Elsewhere map[string]string

	attributes map[string]*Attribute
	blocks     map[string]*BlockType
}

// Label is a name in the header of a block.
type Label struct {
	Name string // for documentation: "NAMESPACE"
	Type *Type
}

// Attribute is one setting of a block.
type Attribute struct {
	Name      string
	Type      *Type
	Doc       string    // one sentence, without the default
	Required  bool      // no default is safe: only the user can choose
	Default   any       // string, int or bool as in the language; nil: none, or see Derived
	Derived   string    // what holds where it is left out and Default does not say it
	Weakening *Weakness // which of its values are weaker than the default
	Example   string    // HCL inside the block, where NAME = VALUE does not say enough or does not stand alone; see ExampleOf
	Needs     *Feature  // what the version of Kubernetes must have; only inside cluster blocks; nil: every version has it

	def *value
}

// Weakness says which values of an attribute are weaker than the default, and what they give away. Exactly one of the
// conditions is set.
type Weakness struct {
	Doc    string   // what the value gives away: "The container runs as root."
	Values []any    // these values: strings, bools; for lists these elements; for references address patterns such as "zone.*"
	Below  int      // numbers below this
	Above  int      // numbers above this
	Keys   bool     // every key of the map or element of the list…
	Safe   []string // …except these
	Empty  bool     // the empty list
}

// WeakPoint is an entry of the catalogue of weakenings.
type WeakPoint struct {
	Path string // of the attribute: "workload.host.paths"
	When string // for people: `when false`, `each key`
	Doc  string
}

// WeakPoints returns the catalogue of weakenings: everything in the language that is weaker than the default, in
// reading order. Each use needs an exception.
func WeakPoints() []WeakPoint {
	var all []WeakPoint
	var walk func(path string, b *BlockType)
	walk = func(path string, b *BlockType) {
		if b.Weakening != nil {
			all = append(all, WeakPoint{path, b.Weakening.When(), b.Weakening.Doc})
		}
		for _, a := range b.Attributes {
			if a.Weakening != nil {
				all = append(all, WeakPoint{path + "." + a.Name, a.Weakening.When(), a.Weakening.Doc})
			}
		}
		for _, c := range b.Blocks {
			walk(path+"."+c.Name, c)
		}
	}
	for _, b := range Schema {
		if b.Name != "profile" { // a profile's weakenings are those of the workloads that use it
			walk(b.Name, b)
		}
	}
	return all
}

// When says in a few words which values are weak.
func (w *Weakness) When() string {
	var values []string
	for _, v := range w.Values {
		if s, ok := v.(string); ok && !isPattern(s) {
			values = append(values, strconv.Quote(s))
		} else {
			values = append(values, fmt.Sprint(v))
		}
	}
	switch {
	case w.Keys && len(w.Safe) > 0:
		return "each one except " + strings.Join(w.Safe, ", ")
	case w.Keys:
		return "each one"
	case w.Empty:
		return "when empty"
	case w.Below != 0:
		return fmt.Sprintf("below %d", w.Below)
	case w.Above != 0:
		return fmt.Sprintf("above %d", w.Above)
	}
	return "when " + strings.Join(values, " or ")
}

// isPattern reports whether a weak value is the address of a block, or of all blocks of a kind.
func isPattern(s string) bool {
	kind, _, ok := strings.Cut(s, ".")
	return ok && LookupBlock(kind) != nil
}

// weak reports whether the value itself, an element of a list or a key of a map is weak.
func (w *Weakness) weak(v any) bool {
	switch x := v.(type) {
	case int:
		if w.Below != 0 || w.Above != 0 {
			return w.Below != 0 && x < w.Below || w.Above != 0 && x > w.Above
		}
	case *ref:
		for _, p := range w.Values {
			pattern, _ := p.(string)
			if kind, ok := strings.CutSuffix(pattern, ".*"); ok && x.kind == kind || pattern == string(x.addr) {
				return true
			}
		}
		return w.Keys
	}
	if w.Keys {
		return !slices.Contains(w.Safe, fmt.Sprint(v))
	}
	for _, x := range w.Values {
		if fmt.Sprint(x) == fmt.Sprint(v) {
			return true
		}
	}
	return false
}

// Schema is the language: all blocks that may stand at the top of a file, in reading order.
var Schema = prepare(repeatable(slices.Concat(
	[]*BlockType{clusterBlock, zoneBlock, vpnBlock, jumpBoxBlock, nodePoolBlock},
	[]*BlockType{registryBlock, repositoryBlock, pipelineBlock, gitopsBlock, secretStoreBlock, backupBlock},
	[]*BlockType{teamBlock, gatewayBlock, addonBlock, meshBlock, foreignClusterBlock},
	[]*BlockType{namespaceBlock, profileBlock, workloadBlock},
	[]*BlockType{exceptionBlock, attestationBlock, assetBlock, invariantBlock, variableBlock, localsBlock},
)))

// root is the schema of a file.
var root = prepare([]*BlockType{{Name: "specification", Blocks: Schema, Elsewhere: map[string]string{
	"module":    "There are no modules: all files of a directory are one specification, and profiles hold what workloads have in common.",
	"resource":  "Each kind of thing is a block of its own: `bartizan explain language` lists them.",
	"data":      "Nothing is looked up while a specification is read. Write the value, or choose it with a variable.",
	"provider":  "Nothing is called while a specification is read, so there are no providers. Leave it out.",
	"terraform": "This is a specification for Bartizan, not for Terraform. Leave the block out.",
	"output":    "A specification has no outputs: what is generated is files. Leave it out.",
}}})[0]

// prepare fills the indexes of the blocks.
func prepare(blocks []*BlockType) []*BlockType {
	for _, b := range blocks {
		if b.attributes != nil {
			continue
		}
		b.attributes, b.blocks = map[string]*Attribute{}, map[string]*BlockType{}
		for _, a := range b.Attributes {
			b.attributes[a.Name] = a
			if a.Default != nil {
				a.def = a.Type.constant(a.Default)
			}
		}
		for _, c := range b.Blocks {
			b.blocks[c.Name] = c
		}
		prepare(b.Blocks)
	}
	return blocks
}

// LookupBlock returns the block with the path, for example "workload.host", or nil.
func LookupBlock(path string) *BlockType {
	b := root
	for _, name := range strings.Split(path, ".") {
		if b = b.blocks[name]; b == nil {
			return nil
		}
	}
	return b
}

// LookupAttribute returns the attribute with the path, for example "workload.host.pid", or nil.
func LookupAttribute(path string) *Attribute {
	i := strings.LastIndex(path, ".")
	if i < 0 {
		return nil
	}
	if b := LookupBlock(path[:i]); b != nil {
		return b.attributes[path[i+1:]]
	}
	return nil
}

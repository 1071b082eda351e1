package expr

import (
	"fmt"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"
)

// The limits of one expression. They bound what a definition can cost a server that runs it next to everybody else's.
const (
	MaxSource     = 8 << 10   // bytes of source
	maxNesting    = 64        // levels of parentheses and calls; the parser recurses
	maxNodes      = 10_000    // nodes after macros are expanded
	maxLoops      = 4         // comprehensions inside each other
	maxCost       = 5_000_000 // CEL's cost units in one evaluation; some tenths of a second
	maxRange      = 100_000   // elements of lists.range()
	maxRegex      = 2_000     // instructions of a compiled regular expression
	orderedByKey  = "@ordered"
	orderedByKeyA = "ordered_dyn"
)

var (
	plainEnv = sync.OnceValues(func() (*cel.Env, error) { return newEnv(false) })
	itemEnv  = sync.OnceValues(func() (*cel.Env, error) { return newEnv(true) })
)

func newEnv(item bool) (*cel.Env, error) {
	excluded, replacement := arithmetic()
	opts := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(excluded)),
		cel.OptionalTypes(),
		ext.Strings(),
		ext.Math(),
		ext.Lists(ext.ListsMaxRangeSize(maxRange)),
		ext.Sets(),
		ext.Encoders(),
		ext.Bindings(),
		ext.TwoVarComprehensions(),
	}
	opts = append(opts, replacement...)
	opts = append(opts,
		cel.Function(orderedByKey, cel.Overload(orderedByKeyA, []*cel.Type{cel.DynType}, cel.DynType, cel.UnaryBinding(ordered))),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
		cel.EnableIdentifierEscapeSyntax(),
		cel.EnableMacroCallTracking(),
		cel.ParserExpressionSizeLimit(MaxSource),
		cel.ParserRecursionLimit(maxNesting),
		cel.ParserErrorRecoveryLimit(4),
		cel.ExpressionNodeLimit(maxNodes),
		cel.RegexProgramSizeLimit(maxRegex),
		cel.ASTValidators(
			cel.ValidateDurationLiterals(),
			cel.ValidateTimestampLiterals(),
			cel.ValidateRegexLiterals(),
			cel.ValidateComprehensionNestingLimit(maxLoops),
		),
		cel.Variable(RootInput, types.DynType),
		cel.Variable(RootSteps, types.DynType),
		cel.Variable(RootRun, types.DynType),
		cel.Variable(RootKey, types.StringType), // where these are not there, ref says so first
		cel.Variable(RootOutput, types.DynType),
		cel.Variable(RootIteration, types.IntType),
		cel.Variable(RootPrevious, types.NewOptionalType(types.DynType)),
	)
	if item {
		opts = append(opts, cel.Variable(RootItem, types.DynType), cel.Variable(RootIndex, types.IntType))
	}
	e, err := cel.NewCustomEnv(opts...)
	if err != nil {
		return nil, fmt.Errorf("building the expression environment: %w", err)
	}
	if e, err = guarded(e); err != nil {
		return nil, fmt.Errorf("guarding the expression environment: %w", err)
	}
	return e, nil
}

func environment(item bool) (*cel.Env, error) {
	if item {
		return itemEnv()
	}
	return plainEnv()
}

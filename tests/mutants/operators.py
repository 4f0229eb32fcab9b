"""The operators that make a mutant out of a line of a header: each is a mistake that people make.

mutants_of(text) yields every mutant of a header's text. The headers are formatted by clang-format: a binary operator has
a space on either side, a template's bracket has none. A mutant that does not compile counts for nothing, so an operator
may try what a parser would know to be wrong.
"""
import re
from typing import NamedTuple


class Mutant(NamedTuple):
    operator: str
    first: int  # the text [first, last) of the header becomes `by`
    last: int
    by: str


# ---- the text as code: what operators must not see is blanked, at the same length ------------------------------------

PIECES = re.compile(
    r'//[^\n]*|/\*.*?\*/'  # comments
    r'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*'  # directives
    r'|"(?:\\.|[^"\\\n])*"'  # strings
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",  # characters; not 1'000'000
    re.DOTALL | re.MULTILINE)


def code_of(text):
    """The text with blanks for comments and directives, and _ for what stands in quotes."""

    def blanked(piece):
        found = piece.group()
        if found[0] in '"\'':
            return found[0] + '_' * (len(found) - 2) + found[0]
        return re.sub(r'[^\n]', ' ', found)

    return PIECES.sub(blanked, text)


OPENING, CLOSING = '([{', ')]}'


def after_group(code, i):
    """The place after the bracket that closes the one at i; len(code) if none does."""
    depth = 0
    for j in range(i, len(code)):
        if code[j] in OPENING:
            depth += 1
        elif code[j] in CLOSING:
            depth -= 1
            if depth == 0:
                return j + 1
    return len(code)


def before_group(code, i):
    """The place of the bracket that opens the group which ends before i; 0 if none does."""
    depth = 0
    for j in range(i - 1, -1, -1):
        if code[j] in CLOSING:
            depth += 1
        elif code[j] in OPENING:
            depth -= 1
            if depth == 0:
                return j
    return 0


TEMPLATE_ARGUMENTS = re.compile(r'<(?:[^<>;(){}]|<[^<>;(){}]*>)*>(?=[({:])')
WORD = re.compile(r'[A-Za-z_]\w*')
NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F']+|[0-9][0-9']*\.?[0-9]*(?:[eE][+-]?[0-9]+)?)[uUlLfFzZ]*")


def operand_after(code, i):
    """The end of the operand that starts at i: a name, a number, a group, with calls, indexes and members; None if none."""
    while i < len(code) and code[i] in '-!~+*&' and code[i + 1] != ' ':
        i += 1
    start = i
    if i < len(code) and code[i] in '([':
        i = after_group(code, i)
    elif i < len(code) and code[i] in '"\'':
        i = code.find(code[i], i + 1) + 1
    else:
        found = NUMBER.match(code, i) or WORD.match(code, i)
        if not found:
            return None
        i = found.end()
    while i < len(code):
        arguments = TEMPLATE_ARGUMENTS.match(code, i)
        if arguments:
            i = arguments.end()
        elif code[i] in '([' or (code[i] == '{' and code[i - 1] != ' '):
            i = after_group(code, i)
        elif code.startswith('::', i) or code.startswith('->', i):
            i += 2
        elif code[i] == '.':
            i += 1
        elif WORD.match(code, i) and code[i - 1] in ':.>':
            i = WORD.match(code, i).end()
        else:
            break
    return i if i > start else None


def operand_before(code, i):
    """The start of the operand that ends before i; None if none does."""
    end = i
    while i > 0:
        c = code[i - 1]
        if c in ')]}':
            i = before_group(code, i)
        elif c in '"\'':
            i = code.rfind(c, 0, i - 1)
        elif c == '>' and i < end and code[i] in '({:':
            opened = code.rfind('<', 0, i)
            if opened < 0 or ' ' in code[opened - 1:opened]:
                return None
            i = opened
        elif re.match(r'\w', c):
            while i > 0 and re.match(r"[\w'.]", code[i - 1]):
                i -= 1
        elif code[i - 2:i] in ('::', '->') and i < end:
            i -= 2
        elif c == '.' and i < end:
            i -= 1
        else:
            break
        if i > 0 and code[i - 1] in ' \n':
            break
    if i == end or code[i:end].strip() in ('', 'return', 'case', 'const', 'constexpr', 'auto'):
        return None
    while i > 0 and code[i - 1] in '-!~' and (i < 2 or code[i - 2] in ' (['):
        i -= 1
    return i


TIMES = re.compile(r' [*/%] ')


def term_after(code, i):
    """The end of the product that starts at i."""
    end = operand_after(code, i)
    while end is not None and TIMES.match(code, end):
        more = operand_after(code, end + 3)
        if more is None:
            return end
        end = more
    return end


def term_before(code, i):
    """The start of the product that ends before i."""
    start = operand_before(code, i)
    while start is not None and start >= 3 and TIMES.match(code, start - 3):
        more = operand_before(code, start - 3)
        if more is None:
            return start
        start = more
    return start


def condition_after(code, i):
    """The end of the condition that starts at i: up to &&, ||, ?, a comma or the bracket that closes."""
    depth = 0
    while i < len(code):
        if depth == 0 and (code[i] in ';,' or re.match(r'\s(?:&&|\|\||\?|:)\s', code[i:i + 4])):
            return i
        if code[i] in OPENING:
            depth += 1
        elif code[i] in CLOSING:
            depth -= 1
            if depth < 0:
                return i
        i += 1
    return i


def condition_before(code, i):
    """The start of the condition that ends before i."""
    depth = 0
    while i > 0:
        if depth == 0 and (code[i - 1] in ';,' or re.search(r'(?:&&|\|\||[?:]|[^=!<>]=|return)\s$', code[max(0, i - 7):i])):
            return i
        if code[i - 1] in CLOSING:
            depth += 1
        elif code[i - 1] in OPENING:
            depth -= 1
            if depth < 0:
                return i
        i -= 1
    return i


def arguments_of(code, i):
    """[(first, last)] of the arguments of the call whose bracket is at i."""
    end = after_group(code, i) - 1
    arguments, start, j = [], i + 1, i + 1
    while j < end:
        arguments_of_template = TEMPLATE_ARGUMENTS.match(code, j)
        if arguments_of_template:
            j = arguments_of_template.end()
        elif code[j] in OPENING:
            j = after_group(code, j)
        elif code[j] == ',':
            arguments.append((start, j))
            j += 1
            while j < end and code[j] in ' \n':
                j += 1
            start = j
        else:
            j += 1
    if start < end:
        arguments.append((start, end))
    return arguments


# ---- statements --------------------------------------------------------------------------------------------------------

STATEMENT = re.compile(r'(?<=[;{})])(\s*\n\s*)([A-Za-z_+*(:-][^;{}]*(?:\{[^;{}]*\}[^;{}]*)*;)')
NO_EXPRESSION = re.compile(r'(?:return|throw|using|typedef|case|default|else|friend|public|private|break|continue|goto|'
                           r'static|constexpr|template|struct|class|enum|namespace|extern|inline|auto|bool|for|if|while|do|'
                           r'static_assert|const|unsigned|int|double|float)\b')
ASSIGNMENT = re.compile(r'(?:\(?\*?\w(?:[\w.:]|->|\[[^\]]*\]|\(\))*\)?) = ')
UPDATE = re.compile(r'(?:\*?\w(?:[\w.:]|->|\[[^\]]*\]|\(\))*) (?:[-+*/%|&^]|<<|>>)= |\+\+|--')
CALL = re.compile(r'(?:[\w.:]|->|\[[^\]]*\]|\(\)|<[\w:, ]*>)+\(')
FRESH = re.compile(r' = (?:\{\}|0|0\.0|1|false|nullptr|\w+\{\}|-?std::numeric_limits<[^;]*);$')
FRESH_CALL = re.compile(r'(?:\.|->)(?:clear|reset|fill|assign|resize)\(|^(?:clear|reset)')


def statements(code):
    """(first, last, text) of the statements that are an assignment, an update or a call."""
    for found in STATEMENT.finditer(code):
        text = found.group(2)
        if not NO_EXPRESSION.match(text):
            yield found.start(2), found.end(2), text


def merging_parts(code):
    """(first, last) of the bodies of functions that merge another object into this one."""
    for found in re.finditer(r'\b(?:operator\+=|merge\w*|add\w*|join\w*|append\w*|combine\w*)\(', code):
        end = after_group(code, found.end() - 1)
        body = re.compile(r'[^;{}]*\{').match(code, end)
        if body:
            yield body.end(), after_group(code, body.end() - 1)


# ---- the operators -----------------------------------------------------------------------------------------------------
# Each yields (first, last, by). `code` is searched, `text` is what replacements are made of.


def swapped_operands(text, code):
    for found in re.finditer(r' (-|/|%|<|<=|>|>=) ', code):
        before, after = ((term_before, term_after) if found.group(1) in '-<=>' else (operand_before, operand_after))
        first, last = before(code, found.start()), after(code, found.end())
        if first is not None and last is not None:
            left, right = text[first:found.start()], text[found.end():last]
            yield first, last, right + found.group() + left


COMMUTE = re.compile(r'(?:if|while|for|switch|return|sizeof|decltype|min|max|fmin|fmax|requires|message|operator|hypot)$')


def swapped_arguments(text, code):
    for found in re.finditer(r'(\w)\s?\(', code):
        name = re.search(r'\w+$', code[:found.start() + 1]).group()
        if COMMUTE.match(name):
            continue
        arguments = arguments_of(code, found.end() - 1)
        if name in ('madd', 'fused', 'fma'):  # a b + c
            del arguments[:1]
        for (a, b), (c, d) in zip(arguments, arguments[1:]):
            if text[a:b] != text[c:d]:
                yield a, d, text[c:d] + text[b:c] + text[a:b]


def forgotten_term(text, code):
    for found in re.finditer(r' ([-+]) ', code):
        last, first = term_after(code, found.end()), term_before(code, found.start())
        if last is not None:
            yield found.start(), last, ''
        if first is not None:
            yield first, found.end(), '-' if found.group(1) == '-' else ''


def forgotten_factor(text, code):
    for found in re.finditer(r' ([*/%]) ', code):
        last, first = operand_after(code, found.end()), operand_before(code, found.start())
        if last is not None:
            yield found.start(), last, ''
        if first is not None and found.group(1) == '*':
            yield first, found.end(), ''


def forgotten_reset(text, code):
    for first, last, statement in statements(code):
        if (ASSIGNMENT.match(statement) and FRESH.search(statement)) or FRESH_CALL.search(statement):
            yield first, last, ';'


def forgotten_assignment(text, code):
    for first, last, statement in statements(code):
        if ASSIGNMENT.match(statement) and not FRESH.search(statement):
            yield first, last, ';'


def forgotten_update(text, code):
    merging = list(merging_parts(code))
    for first, last, statement in statements(code):
        if UPDATE.match(statement) and not any(a <= first < b for a, b in merging):
            yield first, last, ';'


def lost_merge(text, code):
    merging = list(merging_parts(code))
    for first, last, statement in statements(code):
        if any(a <= first < b for a, b in merging) and (ASSIGNMENT.match(statement) or UPDATE.match(statement)):
            yield first, last, ';'


REFUSAL = re.compile(r'(?:require_\w*|refuse\w*|check_\w*|expect_\w*|bad_\w+)')


def forgotten_call(text, code):
    for first, last, statement in statements(code):
        name = re.search(r'(\w+)(?:<[\w:, ]*>)?\($', (CALL.match(statement) or re.match('', '')).group())
        if name and not REFUSAL.match(name.group(1)) and not FRESH_CALL.search(statement):
            yield first, last, ';'


def missing_refusal(text, code):
    for found in re.finditer(r'\bif \(', code):
        end = after_group(code, found.end() - 1)
        if re.match(r'\s*\{?\s*(?:throw\b|(?:[\w:]*::)?(?:bad_\w+|refuse\w*|fail\w*)\()', code[end:]):
            yield found.end(), end - 1, 'false'
    for first, last, statement in statements(code):
        if re.match(r'(?:[\w]*::|[\w]*\.)*(?:require_\w*|refuse\w*|check_\w*)(?:<[^;()]*>)?\(', statement):
            yield first, last, ';'


def boundary(text, code):
    for found in re.finditer(r' (<=?|>=?) ', code):
        sign = found.group(1)
        yield found.start(1), found.end(1), sign[0] if len(sign) == 2 else sign + '='


def off_by_one(text, code):
    for found in re.finditer(r'(?<![\w.])([0-9]+)(u|U|z|uz)?(?![\w.\'])', code):
        n = int(found.group(1))
        yield found.start(1), found.end(1), str(n + 1)
        if n > 0:
            yield found.start(1), found.end(1), str(n - 1)
    for found in re.finditer(r'\.size\(\)', code):
        yield found.end(), found.end(), ' - 1'


def changed_constant(text, code):
    for found in re.finditer(r'(?<![\w.])([0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)(?![\w.])', code):
        x = float(found.group(1))
        yield found.start(1), found.end(1), '1.0' if x == 0.0 else repr(x * 1.1) if x * 1.1 != x else '2.0'
        if x != 0.0:
            yield found.start(1), found.end(1), '0.0'


EXCHANGED = [('min', 'max'), ('floor', 'ceil'), ('round_up', 'round_down'), ('any_of', 'all_of'), ('lowest', 'max'),
             ('exp', 'expm1'), ('log', 'log1p'), ('isnan', 'isinf'), ('is_nan', 'is_infinite'), ('infinity', 'quiet_NaN')]


def exchanged_function(text, code):
    for a, b in EXCHANGED:
        for one, other in ((a, b), (b, a)):
            for found in re.finditer(r'\b' + one + r'(?=\)?\()', code):
                yield found.start(), found.end(), other


def forgotten_function(text, code):
    for found in re.finditer(r'(?:\b(?:std|math|detail)::)?\b(?:f?abs|sqrt|floor|ceil|round|log|exp|lround|square)\(', code):
        yield found.start(), found.end() - 1, ''


def wrong_index(text, code):
    for found in re.finditer(r'(?<=[\w\])])\[', code):
        end = after_group(code, found.start())
        index = text[found.end():end - 1]
        if index == '0':
            yield found.end(), end - 1, '1'
        elif index and not index.startswith('&'):
            yield found.end(), end - 1, '0'


def dropped_else(text, code):
    for found in re.finditer(r'\} else ', code):
        yield found.start() + 2, found.end(), ''


def negated_condition(text, code):
    for found in re.finditer(r'\b(?:if|while) \(', code):
        end = after_group(code, found.end() - 1)
        yield found.end(), end - 1, '!(' + text[found.end():end - 1] + ')'
    for found in re.finditer(r' (==|!=) ', code):
        yield found.start(1), found.end(1), '!=' if found.group(1) == '==' else '=='


def forgotten_case(text, code):
    """A case that is told apart by `if` or `?:` and no refusal."""
    for found in re.finditer(r'\bif \(', code):
        end = after_group(code, found.end() - 1)
        if not re.match(r'\s*\{?\s*(?:throw\b|(?:[\w:]*::)?(?:bad_\w+|refuse\w*|fail\w*)\()', code[end:]):
            yield found.end(), end - 1, 'false'
            yield found.end(), end - 1, 'true'
    for found in re.finditer(r'\s\? ', code):
        first, colon = condition_before(code, found.start()), condition_after(code, found.end())
        if re.match(r'\s: ', code[colon:colon + 3]):
            end = condition_after(code, colon + 3)
            yield first, end, text[found.end():colon]
            yield first, end, text[colon + 3:end]


def swapped_branches(text, code):
    for found in re.finditer(r'\s\? ', code):
        colon = condition_after(code, found.end())
        if re.match(r'\s: ', code[colon:colon + 3]):
            end = condition_after(code, colon + 3)
            yield found.end(), end, text[colon + 3:end] + text[colon:colon + 3] + text[found.end():colon]


def forgotten_condition(text, code):
    for found in re.finditer(r'\s(&&|\|\|)\s+', code):
        first, last = condition_before(code, found.start()), condition_after(code, found.end())
        yield found.start(), last, ''
        yield first, found.end(), ''
        yield found.start(1), found.end(1), '||' if found.group(1) == '&&' else '&&'


def sign(text, code):
    for found in re.finditer(r' ([-+])(=?) ', code):
        yield found.start(1), found.start(1) + 1, '-' if found.group(1) == '+' else '+'
    for found in re.finditer(r'(?<=[ (\[,])-(?=[\w(])', code):
        yield found.start(), found.end(), ''


def assigned_for_updated(text, code):
    for found in re.finditer(r' ([-+*/|&^])= ', code):
        yield found.start(1), found.end(1), ''


PAIRS = [('low', 'high'), ('lower', 'upper'), ('lowest', 'highest'), ('below', 'above'), ('first', 'last'), ('in', 'out'),
         ('left', 'right'), ('before', 'after'), ('rows', 'columns'), ('mean', 'variance'), ('forward', 'backward'),
         ('begin', 'end'), ('input', 'output'), ('inputs', 'outputs'), ('batch', 'units'), ('samples', 'units'),
         ('count', 'nan'), ('nan', 'infinite'), ('value', 'slope'), ('inner', 'outer'), ('weight', 'gradient'),
         ('start', 'recent'), ('to', 'from'), ('a', 'b'), ('x', 'y'), ('z', 'y'), ('n', 'm'), ('i', 'j'), ('w', 'dw'),
         ('dy', 'dz'), ('from', 'to'), ('true', 'false'), ('size', 'capacity'), ('width', 'height'), ('up', 'down'),
         ('positive', 'negative'), ('even', 'odd'), ('closed', 'open'), ('mean', 'stddev'), ('count', 'low')]


def exchanged_name(text, code):
    """A name for its counterpart, if the header has that too: low for high, also as a part of a longer name."""
    words = {}
    for found in WORD.finditer(code):
        words.setdefault(found.group(), []).append(found.start())
    others = {}
    for a, b in PAIRS:
        others.setdefault(a, []).append(b)
        others.setdefault(b, []).append(a)
    for word, places in words.items():
        parts = word.split('_')
        for k, part in enumerate(parts):
            for other in others.get(part, []):
                name = '_'.join(parts[:k] + [other] + parts[k + 1:])
                if name in words or part in ('true', 'false'):
                    for place in places:
                        yield place, place + len(word), name


OPERATORS = {
    'swapped operands': swapped_operands,
    'swapped arguments': swapped_arguments,
    'forgotten term': forgotten_term,
    'forgotten factor': forgotten_factor,
    'forgotten reset': forgotten_reset,
    'forgotten assignment': forgotten_assignment,
    'forgotten update': forgotten_update,
    'forgotten call': forgotten_call,
    'forgotten condition': forgotten_condition,
    'forgotten case': forgotten_case,
    'forgotten function': forgotten_function,
    'lost merge field': lost_merge,
    'missing refusal': missing_refusal,
    'boundary': boundary,
    'off by one': off_by_one,
    'changed constant': changed_constant,
    'exchanged function': exchanged_function,
    'exchanged name': exchanged_name,
    'wrong index': wrong_index,
    'dropped else': dropped_else,
    'negated condition': negated_condition,
    'swapped branches': swapped_branches,
    'sign': sign,
    'assigned for updated': assigned_for_updated,
}


# A change of these is no change of what the program does, or none that a program can notice.
NO_MUTANT = re.compile(r'^\s*(?:static_assert|requires|template|concept|using|namespace|friend struct|friend class)\b|'
                       r'^\s*SATUR_COMPILED_TEMPLATE')


def mutants_of(text):
    code = code_of(text)
    seen = set()
    for name, operator in OPERATORS.items():
        for first, last, by in operator(text, code):
            start = text.rfind('\n', 0, first) + 1
            if text[first:last] != by and (first, last, by) not in seen and not NO_MUTANT.match(code[start:]):
                seen.add((first, last, by))
                yield Mutant(name, first, last, by)

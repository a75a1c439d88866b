"""What a plan would change, object by object and field by field, for a terminal, an approval and a machine.

cover      objects -> the same with every secret covered; all that follows sees no secret
changes    two values -> changes; carried out, they make the second of the first
model      a change -> words: paths, short images, lines of long texts
of_plan    Plan -> ObjectDiffs
text, summary, unified, document    ObjectDiffs -> what is read
"""

from deployer.diff.document import document
from deployer.diff.model import FieldDiff, ObjectDiff
from deployer.diff.plan import of_plan
from deployer.diff.summary import summary
from deployer.diff.text import text
from deployer.diff.unified import unified

__all__ = ["FieldDiff", "ObjectDiff", "document", "of_plan", "summary", "text", "unified"]

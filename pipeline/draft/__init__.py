"""A service's folder, as it is today → a pipeline.yaml that works, and what is left for a person to do.

    origin   where git pushes to → the source
    look     Dockerfiles, charts, kustomizations, manifests → what a definition would have to say of them
    write    all that → the text; what the defaults say anyway is left out

Reads names, and of YAML files as much as tells what they are; nothing is written here.
"""

from pipeline.draft.look import Found as Found
from pipeline.draft.look import look as look
from pipeline.draft.origin import Origin as Origin
from pipeline.draft.origin import origin as origin
from pipeline.draft.write import notes as notes
from pipeline.draft.write import slug as slug
from pipeline.draft.write import text as text

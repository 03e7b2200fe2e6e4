"""Planning arithmetic of the quotas, pure: no Django, no database. Populations and plans in, numbers out.

`population` counts who can be drawn, `margins` tells how sure a rate will be, `suggestions` shares seats out, `repairs`
finds the smallest change that makes a quota possible, `spread` measures how much last year's answers varied.
"""

"""Lambda's entry for second deletes; what they are for is said in `changefeed.second_delete`."""

import os

from changefeed.second_delete.environment import SecondDeleteEnvironment
from changefeed.second_delete.function import second_delete_function

handler = second_delete_function(SecondDeleteEnvironment.from_env(os.environ))
